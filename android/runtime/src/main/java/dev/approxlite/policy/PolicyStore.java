package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import dev.approxlite.storage.DurableFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.HashSet;

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
        /** @throws PolicyException with the reason why not */
        void admit(PolicyArchive archive) throws PolicyException;
    }

    private final Path folder;
    private StoreState state;

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
     * @throws IOException if it cannot be written; the running policy is untouched
     */
    public synchronized PolicyArchive install(byte[] archive, TrustedKeys keys, Admission admission)
            throws PolicyException, IOException {
        PolicyArchive read = PolicyArchive.read(archive);
        keys.signerOf(read);
        long sequence = read.policy().sequence();
        if (sequence <= state.highestSequence) {
            throw new PolicyException(
                    Reason.REPLAYED, "has sequence " + sequence + ", but " + state.highestSequence
                            + " was here before");
        }
        admission.admit(read);
        String name = Sha256.of(archive);
        DurableFile.replace(file(name), archive);
        become(new StoreState(name, state.lastGood, state.previous, sequence, false));
        return read;
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
     */
    public synchronized PolicyArchive rollBack() throws IOException {
        boolean further = !onTrial();
        String back = further ? state.previous : state.lastGood;
        become(new StoreState(back, back, further ? null : state.previous, state.highestSequence, false));
        return running();
    }

    /** Names of the policies that lie here: the running one, and those to go back to. */
    public synchronized Set<String> names() {
        Set<String> names = new HashSet<>(Arrays.asList(state.running, state.lastGood, state.previous));
        names.remove(null);
        return names;
    }

    private void become(StoreState next) throws IOException {
        next.write(folder);
        state = next;
        sweep();
    }

    /** Null if there is none, or what lies there is not what was put there. */
    private PolicyArchive load(String name) throws IOException {
        if (name == null || !Files.exists(file(name)) || Files.size(file(name)) > PolicyArchive.MAX_BYTES) {
            return null;
        }
        byte[] archive = Files.readAllBytes(file(name));
        try {
            return Sha256.of(archive).equals(name) ? PolicyArchive.read(archive) : null;
        } catch (PolicyException damaged) {
            return null;
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
