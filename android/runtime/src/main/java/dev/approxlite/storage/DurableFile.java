package dev.approxlite.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that hold their old content or their new one, whenever the power goes. */
public final class DurableFile {
    private static final String UNFINISHED = ".unfinished";

    private DurableFile() {}

    /**
     * Replaces the file in one step; on return the new content survives a power cut.
     *
     * @throws IOException if the folder cannot be written or is full; the file is as it was
     */
    public static void replace(Path file, byte[] content) throws IOException {
        replace(file, ByteBuffer.wrap(content));
    }

    /**
     * The same of what is left of a buffer.
     *
     * @throws IOException if the folder cannot be written or is full; the file is as it was
     */
    public static void replace(Path file, ByteBuffer bytes) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + UNFINISHED);
        try (FileChannel channel = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (IOException problem) {
            Files.deleteIfExists(unfinished);
            throw problem;
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncFolder(file);
    }

    /**
     * Deletes a file; on return it stays deleted through a power cut. False where there was none.
     *
     * @throws IOException if it cannot be deleted, or is there again after a power cut
     */
    public static boolean delete(Path file) throws IOException {
        boolean wasThere = Files.deleteIfExists(file);
        syncFolder(file); // also where it was gone: an earlier call may have deleted it and come no further
        return wasThere;
    }

    /** Whether a file is the remains of a {@link #replace} that was cut off. */
    public static boolean isUnfinished(Path file) {
        return file.getFileName().toString().endsWith(UNFINISHED);
    }

    /** What happened to names in the folder of {@code file} survives a power cut. */
    public static void syncFolder(Path file) throws IOException {
        try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }
}
