package dev.approxlite.demo.sensing;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.Test;

/** Sound comes in pieces of any size; windows do not know. */
public class SoundWindowsTest {
    @Test
    public void windowsAreTheLastSecondFourTimesASecond() {
        short[] sound = new short[3 * SoundWindows.RATE_HZ];
        Random random = new Random(1);
        for (int i = 0; i < sound.length; ++i) {
            sound[i] = (short) random.nextInt();
        }
        List<short[]> made = new ArrayList<>();
        SoundWindows windows = new SoundWindows(made::add);
        for (int done = 0; done < sound.length; ) {
            int count = Math.min(1 + random.nextInt(9000), sound.length - done);
            windows.add(Arrays.copyOfRange(sound, done, done + count), count);
            done += count;
        }
        assertEquals(2 * 4 + 1, made.size());
        for (int i = 0; i < made.size(); ++i) {
            int begin = i * SoundWindows.HOP;
            assertArrayEquals(Arrays.copyOfRange(sound, begin, begin + SoundWindows.SAMPLES), made.get(i));
        }
    }
}
