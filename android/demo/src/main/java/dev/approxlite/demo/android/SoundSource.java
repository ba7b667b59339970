package dev.approxlite.demo.android;

import android.Manifest;
import android.content.Context;
import android.content.pm.PackageManager;
import android.media.AudioFormat;
import android.media.AudioRecord;
import android.media.MediaRecorder;
import android.os.Handler;
import dev.approxlite.KeywordFeatures;
import dev.approxlite.demo.live.Source;
import dev.approxlite.demo.sensing.SoundWindows;
import java.io.Closeable;
import java.util.function.Supplier;

/** The microphone. Reads a little sound at a time, between whatever else its thread has to do. */
final class SoundSource implements Source {
    /** What the model takes, from sound. */
    interface Features extends Closeable {
        float[] of(short[] sound);

        @Override
        void close();
    }

    static final int CHUNK = SoundWindows.RATE_HZ / 10;

    private final AudioRecord record;
    private final Handler handler;
    private final Features features;
    private final SoundWindows windows;
    private final short[] chunk = new short[CHUNK];
    private final Runnable step = this::step;

    private SoundSource(AudioRecord record, Handler handler, Sink sink, Features features) {
        this.record = record;
        this.handler = handler;
        this.features = features;
        windows = new SoundWindows(sound -> sink.take(features.of(sound)));
    }

    /** Null if there is no microphone, or it is not allowed. */
    static Source open(Context context, Handler handler, Sink sink) {
        return open(context, handler, sink, NativeFeatures::new);
    }

    /** features: made where there is something to listen to, and closed with the source. */
    static Source open(Context context, Handler handler, Sink sink, Supplier<Features> features) {
        if (context.checkSelfPermission(Manifest.permission.RECORD_AUDIO) != PackageManager.PERMISSION_GRANTED) {
            return null;
        }
        int channel = AudioFormat.CHANNEL_IN_MONO;
        int encoding = AudioFormat.ENCODING_PCM_16BIT;
        int least = AudioRecord.getMinBufferSize(SoundWindows.RATE_HZ, channel, encoding);
        if (least <= 0) {
            return null;
        }
        AudioRecord record = new AudioRecord(
                MediaRecorder.AudioSource.VOICE_RECOGNITION,
                SoundWindows.RATE_HZ,
                channel,
                encoding,
                Math.max(least, 2 * SoundWindows.RATE_HZ)); // a second, for when the thread is late
        if (record.getState() != AudioRecord.STATE_INITIALIZED) {
            record.release();
            return null;
        }
        record.startRecording();
        if (record.getRecordingState() != AudioRecord.RECORDSTATE_RECORDING) { // another app has it
            record.release();
            return null;
        }
        SoundSource source = new SoundSource(record, handler, sink, features.get());
        handler.post(source.step);
        return source;
    }

    private void step() {
        int count = record.read(chunk, 0, CHUNK);
        if (count >= 0) { // else the microphone was taken away
            windows.add(chunk, count);
            handler.post(step);
        }
    }

    @Override
    public void close() {
        handler.removeCallbacks(step);
        record.release();
        features.close();
    }

    private static final class NativeFeatures implements Features {
        private final KeywordFeatures features = new KeywordFeatures();

        @Override
        public float[] of(short[] sound) {
            return features.of(sound);
        }

        @Override
        public void close() {
            features.close();
        }
    }
}
