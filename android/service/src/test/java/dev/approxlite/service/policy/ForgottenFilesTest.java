package dev.approxlite.service.policy;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import dev.approxlite.storage.WatchedFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** What was forgotten stays so, whenever the power goes. */
public class ForgottenFilesTest {
    private static final String NAME = "0a".repeat(32);

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private Path real;
    private WatchedFolder folder;

    @Before
    public void watch() {
        real = temporary.getRoot().toPath();
        folder = new WatchedFolder(real);
    }

    private Path file(String suffix) throws Exception {
        return Files.createFile(real.resolve(NAME + suffix));
    }

    @Test
    public void aKeyIsForgottenForGood() throws Exception {
        Path key = file(".pub");
        assertTrue(new KeyFolder(folder.path()).forget(NAME));
        assertFalse(Files.exists(key));
        assertEquals(List.of(), folder.broughtBack());
    }

    @Test
    public void aModelIsForgottenForGood() throws Exception {
        Path model = file(".tflite");
        assertTrue(new ModelFolder(folder.path()).forget(NAME));
        assertFalse(Files.exists(model));
        assertEquals(List.of(), folder.broughtBack());
    }
}
