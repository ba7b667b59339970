package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import dev.approxlite.storage.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The policies of one app or service on this phone: the one that runs, the last two that proved themselves, the highest
 * sequence number ever installed, below which nothing from outside is taken. A power cut at any moment leaves the old
 * state or the new one. Thread-safe; one store belongs to one process.
 *
 * <p>A new policy is on trial: {@link #confirm} when it has proved itself, {@link #rollBack} when it has not.
 */
public final class PolicyStore {
    /** Says whether a policy may be followed on this phone: models, numerics, device and probe outputs. */
    public interface Admission {
        /**
         * @throws PolicyException with the reason why not
         * @throws IOException if it could not be found out now, which says nothing of the policy
         */
        void admit(PolicyArchive archive) throws PolicyException, IOException;
    }

    private final Path folder;
    private StoreState state;
    /** Whether the folder holds another state still. */
    private boolean unwritten;

    private PolicyStore(Path folder, StoreState state) {
        this.folder = folder;
        this.state = state;
    }

    /**
     * Opens the store, and makes it if it is not there. A state that cannot be read, or is gone while policies are left,
     * counts as none: nothing runs but exact, {@link #wasDamaged} says so, and what is left says which sequence numbers
     * were here before.
     *
     * @throws IOException if the folder cannot be made or read
     */
    public static PolicyStore open(Path folder) throws IOException {
        Files.createDirectories(folder);
        StoreState found = StoreState.read(folder);
        PolicyStore store = new PolicyStore(folder, found);
        if (found.damaged) {
            store.state = new StoreState(null, null, null, store.highestLeft(), true);
        } else if (found == StoreState.NEW) {
            found.write(folder); // from now on, a state that is gone is damage
        }
        store.sweep();
        return store;
    }

    /** Where a store in that folder keeps a policy that it took. */
    public static Path file(Path folder, PolicyArchive policy) {
        return file(folder, policy.sha256());
    }

    /** Whether the state was there and could not be read when the store was opened. */
    public synchronized boolean wasDamaged() {
        return state.damaged;
    }

    /**
     * The policy to follow: the running one, else the last good one; null: exact.
     *
     * @throws IOException if files cannot be read for another reason than damage
     */
    public synchronized PolicyArchive running() throws IOException {
        PolicyArchive archive = load(state.running);
        if (archive == null && onTrial()) { // it is gone, and its trial with it: what runs instead is not tried anew
            state = new StoreState(state.lastGood, state.lastGood, state.previous, state.highestSequence, state.damaged);
            unwritten = true;
        }
        return archive != null ? archive : load(state.lastGood);
    }

    /** Whether the running policy is on trial. */
    public synchronized boolean onTrial() {
        return !Objects.equals(state.running, state.lastGood);
    }

    /** Nothing from outside with a sequence number up to this is taken; -1 before the first policy. */
    public synchronized long highestSequence() {
        return state.highestSequence;
    }

    /**
     * Takes a policy from outside and puts it on trial.
     *
     * @param archive bytes of policy.approx
     * @param keys who may sign
     * @param admission what this phone asks of it
     * @return the policy, which now runs
     * @throws PolicyException with the reason why not; the running policy is untouched
     * @throws IOException if it could not be tried now or cannot be written; the running policy is untouched
     */
    public synchronized PolicyArchive install(byte[] archive, TrustedKeys keys, Admission admission)
            throws PolicyException, IOException {
        PolicyArchive read = check(ByteBuffer.wrap(archive), keys);
        admission.admit(read);
        install(read);
        return read;
    }

    /**
     * Reads a policy from outside: whole, signed, and newer than any before.
     *
     * @param archive all of policy.approx; not copied, and not to be changed afterwards
     * @param keys who may sign
     * @throws PolicyException with the reason why not
     */
    public PolicyArchive check(ByteBuffer archive, TrustedKeys keys) throws PolicyException {
        PolicyArchive read = PolicyArchive.read(archive);
        keys.signerOf(read);
        requireNewer(read);
        return read;
    }

    /**
     * Puts a policy on trial that passed {@link #check} and whatever else this phone asks of it.
     *
     * @throws PolicyException if a newer one came meanwhile; the running policy is untouched
     * @throws IOException if it cannot be written; the running policy is untouched
     */
    public synchronized void install(PolicyArchive checked) throws PolicyException, IOException {
        requireNewer(checked);
        String name = checked.sha256();
        DurableFile.replace(file(name), checked.bytes());
        become(new StoreState(name, state.lastGood, state.previous, checked.policy().sequence(), false));
    }

    private synchronized void requireNewer(PolicyArchive archive) throws PolicyException {
        long sequence = archive.policy().sequence();
        if (sequence <= state.highestSequence) {
            throw new PolicyException(
                    Reason.REPLAYED, "has sequence " + sequence + ", but " + state.highestSequence
                            + " was here before");
        }
    }

    /** The running policy has proved itself; the one that was good before it is kept to go back to. */
    public synchronized void confirm() throws IOException {
        if (onTrial()) {
            become(new StoreState(state.running, state.running, state.lastGood, state.highestSequence, false));
        }
    }

    /**
     * Back to the last good policy, and from that one to the good one before it, or to exact if there is none.
     *
     * @return what runs now; null: exact
     * @throws IOException if it cannot be written or read: {@link #running} is the policy before all the same, and
     *     {@link #settle} may still write it, but at a start before that the policy that was taken back is there again
     */
    public synchronized PolicyArchive rollBack() throws IOException {
        boolean further = !onTrial();
        String back = further ? state.previous : state.lastGood;
        state = new StoreState(back, back, further ? null : state.previous, state.highestSequence, false);
        unwritten = true; // a policy that does harm is left whether or not there is room to write that down
        settle();
        return running();
    }

    /**
     * Writes what {@link #rollBack} could not; does nothing where all is written.
     *
     * @throws IOException if that still cannot be
     */
    public synchronized void settle() throws IOException {
        if (unwritten) {
            become(state);
        }
    }

    /**
     * The policies that lie here whole: the running one, and those to go back to.
     *
     * @throws IOException if files cannot be read for another reason than damage
     */
    public synchronized List<PolicyArchive> archives() throws IOException {
        List<PolicyArchive> archives = new ArrayList<>();
        for (String name : names()) {
            PolicyArchive archive = load(name);
            if (archive != null) {
                archives.add(archive);
            }
        }
        return archives;
    }

    private Set<String> names() {
        Set<String> names = new HashSet<>(Arrays.asList(state.running, state.lastGood, state.previous));
        names.remove(null);
        return names;
    }

    /** All of it, or nothing: what can fail after the state is written has no say. */
    private void become(StoreState next) throws IOException {
        next.write(folder);
        state = next;
        unwritten = false;
        try {
            sweep();
        } catch (IOException left) {
            // until the next time
        }
    }

    /** Null if there is none, or what lies there is not what was put there. */
    private PolicyArchive load(String name) throws IOException {
        if (name == null || !Files.exists(file(name)) || Files.size(file(name)) > PolicyArchive.MAX_BYTES) {
            return null;
        }
        ByteBuffer archive = map(file(name));
        try {
            return Sha256.of(archive.duplicate()).equals(name) ? PolicyArchive.read(archive) : null;
        } catch (PolicyException damaged) {
            return null;
        }
    }

    /** Of a file that is only ever replaced, so that a large one takes no room on the heap. */
    private static ByteBuffer map(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        }
    }

    /** The highest sequence number of the whole policies that lie here; -1 if there is none. */
    private long highestLeft() throws IOException {
        long highest = -1;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + StoreState.SUFFIX)) {
            for (Path each : files) {
                String name = each.getFileName().toString();
                PolicyArchive left = load(name.substring(0, name.length() - StoreState.SUFFIX.length()));
                highest = left == null ? highest : Math.max(highest, left.policy().sequence());
            }
        }
        return highest;
    }

    private Path file(String name) {
        return file(folder, name);
    }

    private static Path file(Path folder, String name) {
        return folder.resolve(name + StoreState.SUFFIX);
    }

    /** Files that nothing names any more. */
    private void sweep() throws IOException {
        if (state.damaged) {
            return; // a person may still want to look at them
        }
        Set<String> kept = new HashSet<>();
        kept.add(StoreState.FILE);
        names().forEach(name -> kept.add(name + StoreState.SUFFIX));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path each : files) {
                String name = each.getFileName().toString();
                if (!kept.contains(name) && (name.endsWith(StoreState.SUFFIX) || DurableFile.isUnfinished(each))) {
                    Files.delete(each);
                }
            }
        }
    }
}
