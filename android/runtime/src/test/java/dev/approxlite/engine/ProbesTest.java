package dev.approxlite.engine;

import static org.junit.Assert.assertEquals;

import dev.approxlite.policy.Contract;
import dev.approxlite.policy.Sha256;
import org.junit.Test;

/** Inputs of probes are the same bytes on desk and phone. */
public class ProbesTest {
    @Test
    public void aSeedMakesTheSameBytesAsInPython() throws Exception {
        int cases = 0;
        for (String line : Contract.lines("probe_inputs.cases")) {
            if (line.startsWith("#")) {
                continue;
            }
            String[] words = line.split(" ");
            Engine.ElementType type = Engine.ElementType.valueOf(words[0].toUpperCase(java.util.Locale.ROOT));
            int bytes = Integer.parseInt(words[1]) * (type == Engine.ElementType.FLOAT32 ? 4 : 1);
            assertEquals(line, words[3], Sha256.of(Probes.inputs(type, bytes, Long.parseLong(words[2]))));
            ++cases;
        }
        assertEquals(27, cases);
    }
}
