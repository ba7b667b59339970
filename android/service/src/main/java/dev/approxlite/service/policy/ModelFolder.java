package dev.approxlite.service.policy;

import dev.approxlite.engine.PhoneAdmission;
import dev.approxlite.policy.Sha256;
import dev.approxlite.storage.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Model files, each under its own hash. Thread-safe. */
public final class ModelFolder implements PhoneAdmission.Models {
    /** Of one model. */
    public static final long MOST_BYTES = 256 << 20;

    private static final String SUFFIX = ".tflite";

    private final Path folder;

    /** folder: made if it is not there. */
    public ModelFolder(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /** Takes a model file over, which has to lie on the same storage; returns its hash. Survives a power cut. */
    public String add(Path staged) throws IOException {
        String sha256;
        try (FileChannel channel = FileChannel.open(staged, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            sha256 = Sha256.of(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
            channel.force(true);
        }
        Files.move(staged, file(sha256), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        DurableFile.syncFolder(file(sha256));
        return sha256;
    }

    /** Where a model lies, if it is here. */
    public Path file(String sha256) {
        return folder.resolve(sha256 + SUFFIX);
    }

    /** Hashes of all that are here, in order. */
    public List<String> all() throws IOException {
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
