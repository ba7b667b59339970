package dev.approxlite.policy;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.approxlite.policy.PolicyException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Whatever dies while a policy is installed, the last good state comes back. */
public class PolicyStoreTest {
    private static final PolicyStore.Admission ANYTHING = archive -> {};

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private Signer signer;
    private Path folder;

    @Before
    public void makeFolder() throws Exception {
        signer = new Signer();
        folder = temporary.getRoot().toPath().resolve("policies");
    }

    private static long sequenceOf(PolicyArchive archive) {
        return archive == null ? -1 : archive.policy().sequence();
    }

    @Test
    public void anInstalledPolicyRunsAndIsOnTrialUntilConfirmed() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        assertNull(store.running());
        store.install(signer.policy(3), signer.keys(), ANYTHING);
        assertEquals(3, sequenceOf(store.running()));
        assertTrue(store.onTrial());
        store.confirm();
        assertFalse(PolicyStore.open(folder).onTrial());
        assertEquals(3, sequenceOf(PolicyStore.open(folder).running()));
    }

    @Test
    public void aPolicyThatFailsIsRolledBackToTheLastGoodOne() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        store.install(signer.policy(3), signer.keys(), ANYTHING);
        store.confirm();
        store.install(signer.policy(4), signer.keys(), ANYTHING);
        assertEquals(3, sequenceOf(store.rollBack()));
        assertEquals(3, sequenceOf(PolicyStore.open(folder).running()));
    }

    @Test
    public void aConfirmedPolicyIsTakenBackToTheGoodOneBeforeItAndThenToExact() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        for (long sequence : new long[] {3, 4, 5}) {
            store.install(signer.policy(sequence), signer.keys(), ANYTHING);
            store.confirm();
        }
        assertEquals(2, store.archives().size());
        store = PolicyStore.open(folder);
        store.install(signer.policy(6), signer.keys(), ANYTHING);
        assertEquals(5, sequenceOf(store.rollBack()));
        assertEquals(4, sequenceOf(store.rollBack()));
        assertNull(store.rollBack());
        assertNull(PolicyStore.open(folder).running());
        assertEquals(6, PolicyStore.open(folder).highestSequence());
    }

    @Test
    public void anOlderSequenceIsRefusedEvenAfterARollback() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        store.install(signer.policy(3), signer.keys(), ANYTHING);
        store.confirm();
        store.install(signer.policy(5), signer.keys(), ANYTHING);
        store.rollBack();
        for (long sequence : new long[] {3, 4, 5}) {
            PolicyException refused = assertThrows(
                    PolicyException.class, () -> store.install(signer.policy(sequence), signer.keys(), ANYTHING));
            assertEquals(Reason.REPLAYED, refused.reason());
        }
        assertEquals(3, sequenceOf(store.running()));
        store.install(signer.policy(6), signer.keys(), ANYTHING);
    }

    @Test
    public void aPolicyThatIsRefusedLeavesTheRunningOneUntouched() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        store.install(signer.policy(3), signer.keys(), ANYTHING);
        store.confirm();
        Map<String, byte[]> before = contents();
        assertThrows(PolicyException.class, () -> store.install(new byte[10], signer.keys(), ANYTHING));
        assertThrows(PolicyException.class, () -> store.install(signer.policy(4), TrustedKeys.none(), ANYTHING));
        assertThrows(PolicyException.class, () -> store.install(signer.policy(4), signer.keys(), archive -> {
            throw new PolicyException(Reason.OTHER_MODEL, "is for another model");
        }));
        assertUntouched(before);
        assertEquals(3, sequenceOf(PolicyStore.open(folder).running()));
    }

    /** The folder holds the same files, byte for byte. */
    private void assertUntouched(Map<String, byte[]> before) throws Exception {
        Map<String, byte[]> now = contents();
        assertEquals(before.keySet(), now.keySet());
        before.forEach((name, content) -> assertArrayEquals(name, content, now.get(name)));
    }

    @Test
    public void aCutAtAnyByteOfAnInstallLeavesTheOldPolicyOrTheNew() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        store.install(signer.policy(3), signer.keys(), ANYTHING);
        store.confirm();
        Map<String, byte[]> before = contents();
        byte[] next = signer.policy(4);
        store.install(next, signer.keys(), ANYTHING);
        Map<String, byte[]> after = contents();
        String name = Sha256.of(next) + ".approx";
        for (int size = 0; size <= next.length; ++size) {
            restore(before);
            Files.write(folder.resolve(name + ".unfinished"), Arrays.copyOf(next, size));
            assertEquals(3, sequenceOf(PolicyStore.open(folder).running()));
            assertUntouched(before);
        }
        byte[] state = after.get(StoreState.FILE);
        for (int size = 0; size <= state.length; ++size) {
            restore(before);
            Files.write(folder.resolve(name), next);
            Files.write(folder.resolve(StoreState.FILE + ".unfinished"), Arrays.copyOf(state, size));
            assertEquals(3, sequenceOf(PolicyStore.open(folder).running()));
        }
        restore(after);
        assertEquals(4, sequenceOf(PolicyStore.open(folder).running()));
    }

    @Test
    public void aDamagedNewPolicyGivesTheLastGoodOneAndADamagedStateGivesExact() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        store.install(signer.policy(3), signer.keys(), ANYTHING);
        store.confirm();
        byte[] next = signer.policy(4);
        store.install(next, signer.keys(), ANYTHING);
        Map<String, byte[]> after = contents();
        for (int size = 0; size < next.length; ++size) {
            Files.write(folder.resolve(Sha256.of(next) + ".approx"), Arrays.copyOf(next, size));
            assertEquals(3, sequenceOf(PolicyStore.open(folder).running()));
        }
        byte[] state = after.get(StoreState.FILE);
        for (int size = 0; size < state.length; ++size) {
            restore(after);
            Files.write(folder.resolve(StoreState.FILE), Arrays.copyOf(state, size));
            PolicyStore damaged = PolicyStore.open(folder);
            assertTrue(damaged.wasDamaged());
            assertNull(damaged.running());
            assertEquals(4, damaged.highestSequence());
        }
    }

    @Test
    public void aDamagedOrLostStateDoesNotLetAnOlderPolicyBackIn() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        store.install(signer.policy(3), signer.keys(), ANYTHING);
        store.confirm();
        store.install(signer.policy(7), signer.keys(), ANYTHING);
        for (byte[] state : new byte[][] {null, new byte[0], new byte[2000]}) {
            Files.deleteIfExists(folder.resolve(StoreState.FILE));
            if (state != null) {
                Files.write(folder.resolve(StoreState.FILE), state);
            }
            PolicyStore damaged = PolicyStore.open(folder);
            assertTrue(damaged.wasDamaged());
            assertNull(damaged.running());
            PolicyException refused = assertThrows(
                    PolicyException.class, () -> damaged.install(signer.policy(7), signer.keys(), ANYTHING));
            assertEquals(Reason.REPLAYED, refused.reason());
        }
        PolicyStore damaged = PolicyStore.open(folder);
        damaged.install(signer.policy(8), signer.keys(), ANYTHING);
        assertFalse(PolicyStore.open(folder).wasDamaged());
        assertNull(damaged.rollBack());
    }

    @Test
    public void policiesThatWereDamagedTooSayNothingAboutSequences() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        store.install(signer.policy(3), signer.keys(), ANYTHING);
        Files.delete(folder.resolve(StoreState.FILE));
        Files.write(folder.resolve(Sha256.of(signer.policy(3)) + ".approx"), new byte[5]);
        Files.write(folder.resolve("not-a-hash.approx"), signer.policy(9));
        assertEquals(-1, PolicyStore.open(folder).highestSequence());
    }

    @Test
    public void filesThatNothingNamesAreSwept() throws Exception {
        PolicyStore store = PolicyStore.open(folder);
        for (long sequence = 0; sequence < 5; ++sequence) {
            store.install(signer.policy(sequence), signer.keys(), ANYTHING);
            store.confirm();
        }
        assertEquals(3, contents().size()); // its state, the policy that runs, and the one to go back to
        assertArrayEquals(signer.policy(4), contents().get(Sha256.of(signer.policy(4)) + ".approx"));
    }

    private Map<String, byte[]> contents() throws Exception {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path each : (Iterable<Path>) files.sorted()::iterator) {
                contents.put(each.getFileName().toString(), Files.readAllBytes(each));
            }
        }
        return contents;
    }

    private void restore(Map<String, byte[]> contents) throws Exception {
        for (String name : contents().keySet()) {
            Files.delete(folder.resolve(name));
        }
        for (Map.Entry<String, byte[]> each : contents.entrySet()) {
            Files.write(folder.resolve(each.getKey()), each.getValue());
        }
    }
}
