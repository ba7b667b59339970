package dev.approxlite.policy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files that Python, C++ and Java read alike; the folder is given by the property {@code contract}. */
public final class Contract {
    private Contract() {}

    public static Path path(String name) {
        return Paths.get(System.getProperty("contract", "tests/contract"), name);
    }

    public static byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(path(name));
    }

    public static String text(String name) throws IOException {
        return new String(bytes(name), StandardCharsets.UTF_8);
    }

    public static List<String> lines(String name) throws IOException {
        return Files.readAllLines(path(name));
    }

    /** An archive of stored members, by name and content in turn. */
    public static byte[] archive(Object... members) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < members.length; i += 2) {
                byte[] content = (byte[]) members[i + 1];
                ZipEntry entry = new ZipEntry((String) members[i]);
                CRC32 sum = new CRC32();
                sum.update(content);
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(content.length);
                entry.setCrc(sum.getValue());
                zip.putNextEntry(entry);
                zip.write(content);
            }
        }
        return bytes.toByteArray();
    }

    public static byte[] signedPolicy() throws IOException {
        return archive("policy.json", bytes("policy.json"), "signature", bytes("signature.json"));
    }
}
