package dev.approxlite.service.policy;

import dev.approxlite.service.policy.Deliveries.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What comes in piece by piece, from a {@code content} that cannot write, as Android 8.1's. One thing at a time: the
 * first piece of another lets go of it. Thread-safe.
 */
public final class Pieces {
    private final Path folder;

    /** folder: its own, made when it is needed. */
    public Pieces(Path folder) {
        this.folder = folder;
    }

    /**
     * Adds a piece; one that came before is put in its place again.
     *
     * @param sha256 of all of it, by which it is known
     * @param offset of the piece, nowhere behind the end of what came so far
     * @return how much is here now
     * @throws IOException if it does not follow on what is here, is more than that kind may be, or cannot be written
     */
    public synchronized long add(Kind kind, String sha256, long offset, byte[] piece) throws IOException {
        Path file = file(kind, sha256);
        if (offset == 0) {
            clear();
        }
        long here = Files.exists(file) ? Files.size(file) : 0;
        if (offset > here) {
            throw new IOException("only " + here + " bytes of it are here, not " + offset + "; begin again at 0");
        }
        if (offset + piece.length > kind.mostBytes()) {
            clear();
            throw new IOException("is larger than " + kind.mostBytes() + " bytes");
        }
        Files.createDirectories(folder);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            channel.truncate(offset).position(offset);
            for (ByteBuffer left = ByteBuffer.wrap(piece); left.hasRemaining(); ) {
                channel.write(left);
            }
        }
        return offset + piece.length;
    }

    /** Where all of it lies, which is the caller's to move away or delete. Throws IOException where nothing came in. */
    public synchronized Path whole(Kind kind, String sha256) throws IOException {
        Path file = file(kind, sha256);
        if (!Files.exists(file)) {
            throw new IOException("nothing of it came in");
        }
        return file;
    }

    private Path file(Kind kind, String sha256) {
        return folder.resolve(kind.name() + "-" + sha256);
    }

    private void clear() throws IOException {
        if (Files.exists(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path each : files) {
                    Files.delete(each);
                }
            }
        }
    }
}
