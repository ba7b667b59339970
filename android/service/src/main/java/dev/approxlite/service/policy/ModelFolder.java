package dev.approxlite.service.policy;

import dev.approxlite.engine.PhoneAdmission;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.storage.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/** Model files, each under its own hash. Thread-safe. */
public final class ModelFolder implements PhoneAdmission.Models {
    /** Of one model. */
    public static final long MOST_BYTES = 256 << 20;

    /** Of all of them. */
    public static final long MOST_BYTES_IN_ALL = 4 * MOST_BYTES;
    /** A model comes before its policy: so long it is waited for. */
    static final long AWAITED_MS = 24L * 3600 * 1000;

    private static final String SUFFIX = ".tflite";

    private final Path folder;

    /** folder: made if it is not there. */
    public ModelFolder(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /**
     * Takes a model file over. Survives a power cut.
     *
     * @param own on the same storage, written to it, and nobody else's to write to
     * @param sha256 of its content
     * @throws IOException if there is no room for it
     */
    public synchronized void add(Path own, String sha256) throws IOException {
        if (!Files.exists(file(sha256)) && bytes() + Files.size(own) > MOST_BYTES_IN_ALL) {
            throw new IOException(
                    "models take " + bytes() + " bytes here already; forget_model one that no policy needs");
        }
        Files.move(own, file(sha256), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        DurableFile.syncFolder(file(sha256));
    }

    /** Deletes a model, which survives a power cut; false where it is not here. */
    public synchronized boolean forget(String sha256) throws IOException {
        return sha256.matches("[0-9a-f]{64}") && DurableFile.delete(file(sha256));
    }

    /** Deletes the models of no policy of these, but for those that came within {@link #AWAITED_MS}. */
    public synchronized void keepOnly(Collection<PolicyArchive> policies) throws IOException {
        for (String each : all()) {
            boolean isOld = Files.getLastModifiedTime(file(each)).toMillis() < System.currentTimeMillis() - AWAITED_MS;
            if (isOld && !isNamed(each, policies)) {
                Files.delete(file(each));
            }
        }
    }

    /** Whether a policy of these is for the model. */
    public static boolean isNamed(String sha256, Collection<PolicyArchive> policies) {
        return policies.stream().flatMap(each -> each.policy().models().stream())
                .anyMatch(each -> each.sha256().equals(sha256));
    }

    private long bytes() throws IOException {
        long bytes = 0;
        for (String each : all()) {
            bytes += Files.size(file(each));
        }
        return bytes;
    }

    /** Where a model lies, if it is here. */
    public Path file(String sha256) {
        return folder.resolve(sha256 + SUFFIX);
    }

    /** Hashes of all that are here, in order. */
    public synchronized List<String> all() throws IOException {
        List<String> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path each : files) {
                String name = each.getFileName().toString();
                found.add(name.substring(0, name.length() - SUFFIX.length()));
            }
        }
        Collections.sort(found);
        return found;
    }

    @Override
    public ByteBuffer bySha256(String sha256) {
        try (FileChannel channel = FileChannel.open(file(sha256))) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        } catch (IOException absent) {
            return null;
        }
    }
}
