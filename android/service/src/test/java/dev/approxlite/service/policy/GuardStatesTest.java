package dev.approxlite.service.policy;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.approxlite.policy.CertificateText;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** What a guard knows belongs to its certificate, and is let go only long after nothing names that any more. */
public class GuardStatesTest {
    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    @Test
    public void policiesOfOneCertificateShareWhatItsGuardKnows() throws Exception {
        GuardStates states = new GuardStates(temporary.getRoot().toPath());
        Signer signer = new Signer();
        PolicyArchive first = PolicyArchive.read(signer.policy(1));
        states.begin(first);
        byte[] known = new byte[GuardStates.BYTES];
        Arrays.fill(known, (byte) 7);
        states.save(first, known);
        PolicyArchive again = PolicyArchive.read(new Signer().policy(2));
        states.begin(again);
        assertArrayEquals(known, states.load(again));
        PolicyArchive other = PolicyArchive.read(signer.recertified(3));
        states.begin(other);
        assertArrayEquals(new byte[GuardStates.BYTES], states.load(other));
    }

    @Test
    public void whatIsNoStateIsRefusedAndTakesNothingsPlace() throws Exception {
        GuardStates states = new GuardStates(temporary.getRoot().toPath());
        PolicyArchive policy = PolicyArchive.read(new Signer().policy(1));
        states.begin(policy);
        byte[] known = new byte[GuardStates.BYTES];
        Arrays.fill(known, (byte) 7);
        states.save(policy, known);
        for (int length : new int[] {0, GuardStates.BYTES - 1, GuardStates.BYTES + 1}) {
            assertThrows(IOException.class, () -> states.save(policy, new byte[length]));
        }
        assertArrayEquals(known, states.load(policy));
    }

    @Test
    public void whatThereIsNoRoomForIsTakenForSavedAndIsOnceThereIs() throws Exception {
        Path folder = temporary.getRoot().toPath();
        GuardStates states = new GuardStates(folder);
        PolicyArchive policy = PolicyArchive.read(new Signer().policy(1));
        Path inTheWay = Files.createDirectories(folder.resolve(CertificateText.name(policy) + ".guard.unfinished/x"));
        byte[] known = new byte[GuardStates.BYTES];
        Arrays.fill(known, (byte) 7);
        assertThrows(IOException.class, () -> states.save(policy, known));
        assertThrows(IOException.class, states::saveLeft);
        assertArrayEquals(known, states.load(policy));
        Files.delete(inTheWay);
        Files.delete(inTheWay.getParent());
        states.begin(policy);
        assertArrayEquals("no policy begins anew by it", known, new GuardStates(folder).load(policy));
        assertTrue(states.hasUnsaved());
        states.saveLeft();
        assertFalse(states.hasUnsaved());
        assertArrayEquals(known, new GuardStates(folder).load(policy));
    }

    @Test
    public void statesOfCertificatesThatAreGoneAreKeptForTheNewestOnly() throws Exception {
        Path folder = temporary.getRoot().toPath();
        GuardStates states = new GuardStates(folder);
        Signer signer = new Signer();
        PolicyArchive followed = PolicyArchive.read(signer.policy(1));
        states.begin(followed);
        Path oldest = folder.resolve(CertificateText.name(followed) + ".guard");
        Files.setLastModifiedTime(oldest, FileTime.fromMillis(0));
        for (int i = 0; i < GuardStates.MOST_LEFT + 3; ++i) {
            Path left = Files.write(folder.resolve(i + ".guard"), new byte[1]);
            Files.setLastModifiedTime(left, FileTime.fromMillis(1000 + i));
        }
        Files.write(folder.resolve("x.guard.unfinished"), new byte[1]);
        states.keepOnly(List.of(followed));
        try (var files = Files.list(folder)) {
            assertEquals(GuardStates.MOST_LEFT + 1, files.count());
        }
        assertTrue(Files.exists(oldest));
        assertFalse(Files.exists(folder.resolve("2.guard")));
        assertTrue(Files.exists(folder.resolve("3.guard")));
    }
}
