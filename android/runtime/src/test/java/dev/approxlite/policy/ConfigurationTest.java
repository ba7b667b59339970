package dev.approxlite.policy;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

/** The Java side of configuration_text.cases: the form of configuration text. */
public class ConfigurationTest {
    @Test
    public void canonicalTextIsReadAndStaysAsItIs() throws Exception {
        int cases = 0;
        for (String line : Contract.lines("configuration_text.cases")) {
            String[] fields = line.split("\t", -1);
            if (fields[0].equals("good")) {
                assertEquals(fields[2], Configuration.canonical(fields[2]));
                if (!fields[1].contains("all=") && !fields[1].matches("(.*,)?[a-z_0-9]*[a-z]=.*")) {
                    assertEquals(fields[2], Configuration.canonical(fields[1]));
                    ++cases;
                }
            }
        }
        assertTrue(cases >= 10);
    }

    @Test
    public void textOfAnotherFormIsRefused() throws Exception {
        for (String text : new String[] {
            "conv_2d_0", "conv_2d_0=", "=int8", ",", "conv_2d_0=int8,", "exact,conv_2d_0=int8", " exact", "all=int8",
            "conv_2d_00=int8", "All=int8", "conv_2d_0=INT8", "conv_2d_0=int8+", "conv_2d_0=int8+int8",
            "conv_2d_0=rows:2/4", "conv_2d_0=checker:1/2+rows:1/2", "conv_2d_0=inputs:1/2+rank:1/2",
        }) {
            assertThrows(text, PolicyException.class, () -> Configuration.canonical(text));
        }
    }
}
