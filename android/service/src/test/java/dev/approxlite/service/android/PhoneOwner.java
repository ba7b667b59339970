package dev.approxlite.service.android;

import android.app.Application;
import dev.approxlite.policy.Signer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whoever decides whose policies a phone follows. */
final class PhoneOwner {
    private PhoneOwner() {}

    /** As if the owner had added the signer's key; before the service starts. */
    static void trusts(Application phone, Signer signer) throws IOException {
        Path keys = Files.createDirectories(phone.getFilesDir().toPath().resolve("keys"));
        Files.write(keys.resolve("owner.pub"), signer.pem().getBytes(StandardCharsets.US_ASCII));
    }
}
