package dev.approxlite.demo.android;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.Manifest;
import android.app.Application;
import android.media.AudioRecord;
import android.os.Handler;
import android.os.Looper;
import dev.approxlite.demo.live.Source;
import dev.approxlite.demo.sensing.SoundWindows;
import java.util.ArrayList;
import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.Implementation;
import org.robolectric.annotation.Implements;
import org.robolectric.shadows.ShadowAudioRecord;
import org.robolectric.shadows.ShadowLooper;

/** The microphone: what it hears comes as windows; nothing comes where it may not listen, cannot, or was stopped. */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34)
public class SoundSourceTest {
    private static final int STEPS_TO_WINDOW = SoundWindows.SAMPLES / SoundSource.CHUNK;

    /** Counts up, a number for each sample, until it is taken away. */
    private final class Counting implements ShadowAudioRecord.AudioRecordSource {
        @Override
        public int readInShortArray(short[] sound, int begin, int count, boolean blocking) {
            if (takenAway) {
                return AudioRecord.ERROR_DEAD_OBJECT;
            }
            int some = Math.min(count, most);
            for (int i = 0; i < some; ++i) {
                sound[begin + i] = (short) heard++;
            }
            return some;
        }
    }

    /** A phone whose hardware has no such rate. */
    @Implements(AudioRecord.class)
    public static final class NoMicrophone {
        @Implementation
        protected static int getMinBufferSize(int rate, int channel, int encoding) {
            return AudioRecord.ERROR_BAD_VALUE;
        }
    }

    /** Another app has it. */
    @Implements(AudioRecord.class)
    public static final class TakenMicrophone {
        @Implementation
        protected void startRecording() {}
    }

    /** Keeps the sound instead of its features. */
    private final class Kept implements SoundSource.Features {
        Kept() {
            ++featuresOpen;
        }

        @Override
        public float[] of(short[] sound) {
            windows.add(sound);
            return new float[] {windows.size()};
        }

        @Override
        public void close() {
            --featuresOpen;
        }
    }

    private final List<short[]> windows = new ArrayList<>();
    private final List<float[]> taken = new ArrayList<>();
    private final Application app = RuntimeEnvironment.getApplication();
    private final ShadowLooper looper = shadowOf(Looper.getMainLooper());
    private int heard;
    private int most = Integer.MAX_VALUE;
    private boolean takenAway;
    private int featuresOpen;

    @Before
    public void allow() {
        shadowOf(app).grantPermissions(Manifest.permission.RECORD_AUDIO);
        ShadowAudioRecord.setSourceProvider(record -> new Counting());
    }

    @After
    public void everythingIsClosed() {
        ShadowAudioRecord.clearSource();
        assertEquals(0, featuresOpen);
    }

    private Source open() {
        return SoundSource.open(app, new Handler(Looper.getMainLooper()), taken::add, Kept::new);
    }

    private void listen(int steps) {
        for (int i = 0; i < steps; ++i) {
            looper.runOneTask();
        }
    }

    private static short[] countFrom(int begin) {
        short[] sound = new short[SoundWindows.SAMPLES];
        for (int i = 0; i < sound.length; ++i) {
            sound[i] = (short) (begin + i);
        }
        return sound;
    }

    @Test
    public void everyQuarterOfASecondTheLastSecondIsGivenWithoutAGap() {
        try (Source source = open()) {
            assertNotNull(source);
            listen(STEPS_TO_WINDOW - 1);
            assertEquals(0, windows.size());
            listen(1 + STEPS_TO_WINDOW);
            assertEquals(5, windows.size());
            for (int i = 0; i < windows.size(); ++i) {
                assertArrayEquals(countFrom(i * SoundWindows.HOP), windows.get(i));
            }
            assertEquals(5, taken.size());
            assertEquals(5f, taken.get(4)[0], 0);
        }
    }

    @Test
    public void aMicrophoneThatGivesLittleAtATimeGivesTheSameWindows() {
        most = 97;
        try (Source source = open()) {
            assertNotNull(source);
            listen((SoundWindows.SAMPLES + SoundWindows.HOP) / most + 1);
            assertEquals(2, windows.size());
            assertArrayEquals(countFrom(SoundWindows.HOP), windows.get(1));
        }
    }

    @Test
    public void withoutPermissionNothingIsOpened() {
        shadowOf(app).denyPermissions(Manifest.permission.RECORD_AUDIO);
        assertNull(open());
        assertTrue(looper.isIdle());
        assertEquals(0, heard);
    }

    @Test
    @Config(shadows = NoMicrophone.class)
    public void withoutAMicrophoneNothingIsOpened() {
        assertNull(open());
    }

    @Test
    @Config(shadows = TakenMicrophone.class)
    public void aMicrophoneThatAnotherAppHasIsNone() {
        assertNull(open());
        assertTrue(looper.isIdle());
    }

    @Test
    public void stoppedItListensNoMoreAndStartedAgainItBeginsWithSilenceBehindIt() {
        Source source = open();
        listen(STEPS_TO_WINDOW - 1);
        source.close();
        assertTrue(looper.isIdle());
        int before = heard;
        assertEquals(0, featuresOpen);
        try (Source again = open()) {
            assertNotNull(again);
            listen(STEPS_TO_WINDOW - 1);
            assertEquals(0, windows.size());
            listen(1);
            assertArrayEquals(countFrom(before), windows.get(0));
        }
    }

    @Test
    public void aMicrophoneThatIsTakenAwayIsNotAskedAgain() {
        try (Source source = open()) {
            assertNotNull(source);
            listen(STEPS_TO_WINDOW);
            takenAway = true;
            assertFalse(looper.isIdle());
            listen(1);
            assertTrue(looper.isIdle());
            assertEquals(1, windows.size());
        }
    }
}
