package dev.approxlite.service.profiling;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.approxlite.policy.Contract;
import dev.approxlite.policy.Mutants;
import dev.approxlite.service.profiling.PlannedBlock.PlanException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.Test;

/** Plans and start lines come from anywhere: what is not exactly one is refused, in one line. */
public class PlannedBlockTest {
    private static final String START = "protocol=1 folder=/data/f model=/data/m.tflite engine=own runtime=own threads=4 seed=7";

    private static boolean isTaken(String line) {
        try {
            PlannedBlock.parse(line);
            return true;
        } catch (PlanException refused) {
            assertFalse(refused.getMessage().isEmpty() || refused.getMessage().contains("\n"));
            return false;
        }
    }

    private static List<String> taken() throws Exception {
        List<String> lines = new ArrayList<>();
        for (String line : Contract.lines("agent_plan.cases")) {
            if (line.startsWith("taken ")) {
                lines.add(line.substring("taken ".length()));
            }
        }
        return lines;
    }

    @Test
    public void linesAreTakenAndRefusedAsByTheDesk() throws Exception {
        int cases = 0;
        for (String line : Contract.lines("agent_plan.cases")) {
            if (!line.startsWith("#")) {
                String[] parts = line.split(" ", 2);
                assertEquals(line, parts[0].equals("taken"), isTaken(parts[1]));
                ++cases;
            }
        }
        assertEquals(25, cases);
    }

    @Test
    public void aLineHasTheMeaningOfTheProtocol() throws Exception {
        PlannedBlock block = PlannedBlock.parse(taken().get(1));
        assertEquals(12, block.block());
        assertEquals(PlannedBlock.Subject.APPROXLITE, block.subject());
        assertEquals(new PlannedBlock.Grid(0.02f, 128), block.scales().get("conv_2d_3"));
        assertEquals(20, block.uncounted());
        assertTrue(block.operators());
        assertEquals(60, PlannedBlock.parse(taken().get(0)).longestS(), 0);
    }

    @Test(timeout = 60_000)
    public void tenThousandMutatedLinesAreTakenOrRefusedButNeverMore() throws Exception {
        Random random = new Random(5);
        List<String> good = taken();
        int refused = 0;
        for (int i = 0; i < 10_000; ++i) {
            byte[] line = good.get(i % good.size()).getBytes(StandardCharsets.UTF_8);
            String mutant = new String(Mutants.of(line, random), StandardCharsets.UTF_8);
            refused += isTaken(mutant) ? 0 : 1;
        }
        assertTrue("only " + refused + " were refused", refused > 5_000);
        assertFalse(isTaken("[".repeat(100_000)));
        assertFalse(isTaken("{\"scales\":".repeat(100_000)));
        assertFalse(isTaken(" ".repeat(PlannedBlock.LONGEST_LINE + 1)));
    }

    @Test
    public void aStartLineNamesEachKeyOnceAndNoOther() throws Exception {
        assertEquals(new StartLine("/data/f", "/data/m.tflite", "own", "own", 4, 7), StartLine.parse(START));
        assertEquals(-1, StartLine.parse(START.replace("seed=7", "seed=18446744073709551615")).seed());
        String[] odd = {
            START + " colour=red", START + " seed=8", START.replace("protocol=1", "protocol=2"),
                    START.replace(" model", " Model"),
            START.replace("threads=4", "threads=17"), START.replace("threads=4", "threads=0"), START.replace("seed=7",
                    "seed=-7"),
            START.replace("seed=7", "seed=18446744073709551616"), START.replace("seed=7", "seed="), "", "protocol"
        };
        for (String line : odd) {
            assertThrows(line, PlanException.class, () -> StartLine.parse(line));
        }
    }

    @Test(timeout = 60_000)
    public void tenThousandMutatedStartLinesAreTakenOrRefusedButNeverMore() {
        Random random = new Random(6);
        byte[] good = START.getBytes(StandardCharsets.UTF_8);
        int refused = 0;
        for (int i = 0; i < 10_000; ++i) {
            try {
                StartLine.parse(new String(Mutants.of(good, random), StandardCharsets.UTF_8));
            } catch (PlanException expected) {
                ++refused;
            }
        }
        assertTrue("only " + refused + " were refused", refused > 2_000);
    }
}
