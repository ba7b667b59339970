package dev.approxlite.service.policy;

import dev.approxlite.audit.AuditLog;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Policies, models and keys on their way in, each by the sha256 of its bytes, so that one that comes in torn is known;
 * and what became of those that came last, for whoever brought them. Thread-safe.
 */
public final class Deliveries {
    /** What can come in. */
    public enum Kind {
        POLICY(PolicyArchive.MAX_BYTES), MODEL(ModelFolder.MOST_BYTES), KEY(KeyFolder.MOST_BYTES);

        private final long mostBytes;

        Kind(long mostBytes) {
            this.mostBytes = mostBytes;
        }

        /** Of one of them. */
        public long mostBytes() {
            return mostBytes;
        }
    }

    /**
     * What became of one.
     *
     * @param outcome "installed", "refused", "failed", "pending" or "unknown"
     * @param reason of a policy that is refused, by name; "" for others
     * @param message one line; "" where there is nothing to say
     * @param sequence of a policy that is installed; -1
     */
    public record Outcome(String outcome, String reason, String message, long sequence) {
        static final Outcome PENDING = new Outcome("pending", "", "it is not whole yet", -1);
        static final Outcome UNKNOWN = new Outcome("unknown", "", "nothing of that name came in", -1);

        static Outcome installed(long sequence) {
            return new Outcome("installed", "", "", sequence);
        }

        static Outcome failed(String why) {
            return new Outcome("failed", "", String.valueOf(why).replaceAll("\\s+", " "), -1);
        }
    }

    private static final int KEPT = 32;

    private final Path folder;
    private final PolicyInbox inbox;
    private final ModelFolder models;
    private final KeyFolder keys;
    private final AuditLog audit;
    private final Map<String, Outcome> outcomes = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Outcome> eldest) {
            return size() > KEPT;
        }
    };

    /**
     * Where things go that come in.
     *
     * @param folder for copies of them, on the same storage as the models; made if it is not there, and emptied
     */
    public Deliveries(Path folder, PolicyInbox inbox, ModelFolder models, KeyFolder keys, AuditLog audit)
            throws IOException {
        this.folder = Files.createDirectories(folder);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
            for (Path each : left) {
                Files.delete(each);
            }
        }
        this.inbox = inbox;
        this.models = models;
        this.keys = keys;
        this.audit = audit;
    }

    /** Content of that hash is about to be written. */
    public synchronized void expect(String sha256) {
        outcomes.put(sha256, Outcome.PENDING);
    }

    /**
     * Takes what was written. Whoever wrote it may still hold the file open: what counts is a copy of our own, hashed
     * while it is made.
     *
     * @param expected its hash; null: whoever brought it did not say
     * @param file its content, which is deleted
     * @param from who brought it, for the log
     * @param torn why nobody knows whether that is all of it; null where its writer closed it
     */
    public Outcome take(Kind kind, String expected, Path file, String from, String torn) {
        String name = expected;
        Outcome outcome;
        Path own = null;
        try {
            long bytes = Files.size(file);
            if (bytes > kind.mostBytes) {
                outcome = tooLarge(kind, name);
            } else if (expected == null && torn != null) {
                outcome = Outcome.failed(bytes + " bytes came in, and " + torn + "; write it again");
            } else {
                own = Files.createTempFile(folder, "incoming", null);
                String found = Sha256.ofCopy(file, own, kind.mostBytes);
                name = name == null ? found : name;
                outcome = found.equals(name)
                        ? taken(kind, own, found, from)
                        : Outcome.failed(bytes + " bytes came in that are not those announced; write it again");
            }
        } catch (IOException | RuntimeException | OutOfMemoryError problem) {
            outcome = Outcome.failed(problem.getMessage() == null ? problem.toString() : problem.getMessage());
        } finally {
            delete(file);
            delete(own);
        }
        if (outcome.outcome().equals("failed")) {
            inbox.note(kind.name().toLowerCase(Locale.ROOT) + " from " + from + ": " + outcome.message());
        }
        if (name != null) {
            settle(name, outcome);
        }
        return outcome;
    }

    /** What became of content of that hash, once it was taken, at the latest after so long. */
    public synchronized Outcome await(String sha256, long waitMs) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
        try {
            while (outcomes.get(sha256) == Outcome.PENDING && System.nanoTime() < end) {
                wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
            }
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
        }
        return outcomes.getOrDefault(sha256, Outcome.UNKNOWN);
    }

    private synchronized void settle(String name, Outcome outcome) {
        outcomes.put(name, outcome);
        notifyAll();
    }

    private Outcome tooLarge(Kind kind, String name) throws IOException {
        String why = "larger than " + kind.mostBytes + " bytes";
        String what = kind.name().toLowerCase(Locale.ROOT);
        audit.append(AuditLog.Event.REFUSED, what, String.valueOf(name), why, Double.NaN);
        return new Outcome("refused", PolicyException.Reason.OVERSIZED.name(), why, -1);
    }

    private Outcome taken(Kind kind, Path file, String sha256, String from) throws IOException {
        switch (kind) {
            case POLICY:
                try {
                    return Outcome.installed(inbox.receive(map(file), from));
                } catch (PolicyException refused) {
                    String message = refused.getMessage().replaceAll("\\s+", " ");
                    return new Outcome("refused", refused.reason().name(), message, -1);
                }
            case MODEL:
                models.add(file, sha256);
                return Outcome.installed(-1);
            default:
                return takenKey(file, from);
        }
    }

    private Outcome takenKey(Path file, String from) throws IOException {
        try {
            String key = keys.add(Files.readAllBytes(file));
            audit.append(AuditLog.Event.OVERRIDE, "", "key " + key, "trusted, asked by " + from, Double.NaN);
            return Outcome.installed(-1);
        } catch (IllegalArgumentException noKey) {
            return new Outcome("refused", PolicyException.Reason.INVALID.name(), noKey.getMessage(), -1);
        }
    }

    private static ByteBuffer map(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        }
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException left) {
            file.toFile().deleteOnExit(); // the cache folder is emptied by the system besides
        }
    }
}
