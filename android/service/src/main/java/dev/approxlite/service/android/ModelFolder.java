package dev.approxlite.service.android;

import dev.approxlite.engine.PhoneAdmission;
import dev.approxlite.policy.Sha256;
import dev.approxlite.storage.DurableFile;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;

/** Model files, each under its own hash. Thread-safe. */
final class ModelFolder implements PhoneAdmission.Models {
    /** Of one model. */
    static final int MOST_BYTES = 256 << 20;

    private final File folder;

    ModelFolder(File folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder.toPath());
    }

    /** Takes a model; returns its hash. */
    String add(byte[] content) throws IOException {
        String sha256 = Sha256.of(content);
        DurableFile.replace(file(sha256).toPath(), content);
        return sha256;
    }

    File file(String sha256) {
        return new File(folder, sha256 + ".tflite");
    }

    @Override
    public ByteBuffer bySha256(String sha256) {
        try (FileChannel channel = FileChannel.open(file(sha256).toPath())) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        } catch (IOException absent) {
            return null;
        }
    }
}
