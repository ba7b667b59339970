package dev.approxlite.service.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Application;
import android.content.Intent;
import android.database.Cursor;
import android.net.Uri;
import android.os.BatteryManager;
import android.os.Bundle;
import android.os.IBinder;
import android.os.Looper;
import android.os.PowerManager;
import android.os.Process;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.approxlite.policy.Sha256;
import dev.approxlite.policy.Signer;
import dev.approxlite.service.IInference;
import dev.approxlite.service.IReplies;
import dev.approxlite.service.ISession;
import dev.approxlite.service.LocalProcesses;
import dev.approxlite.service.policy.KeyFolder;
import dev.approxlite.service.queue.ServiceException;
import java.io.File;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ServiceController;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowBinder;
import org.robolectric.shadows.ShadowSystemClock;

/** Android's side of the service: life cycle, permissions, broadcasts, storage, provider and intents. */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34)
public class InferenceServiceTest {
    private static final Uri CONTROL = Uri.parse("content://dev.approxlite.control");

    private final LocalProcesses processes = new LocalProcesses();
    private Application app;
    private Signer signer;
    private ServiceController<InferenceService> controller;

    @Before
    public void startTheService() throws Exception {
        app = RuntimeEnvironment.getApplication();
        signer = new Signer();
        PhoneOwner.trusts(app, signer);
        shadowOf(app).grantPermissions(InferenceService.PERMISSION);
        ServiceHolder.of(app, processes, archive -> {});
        controller = Robolectric.buildService(InferenceService.class).create();
        Robolectric.setupContentProvider(ControlProvider.class, "dev.approxlite.control");
    }

    @After
    public void stopTheService() throws Exception {
        ShadowBinder.reset();
        controller.destroy();
        ServiceHolder.end();
        assertEquals(0, processes.engines.open.get());
    }

    private static final class Outcomes extends IReplies.Stub {
        final BlockingQueue<String> all = new LinkedBlockingQueue<>();

        @Override
        public void answered(
                long sequence, int rung, int candidate, int chosen, float chosenEvidence, int reason, float evidence,
                        long ns, int rungsRun) {
            all.add("answered " + sequence);
        }

        @Override
        public void failed(long sequence, int code, String message) {
            all.add("failed " + sequence + " " + code);
        }
    }

    /** As a client in another process is: binder throws where a link is undone twice. */
    private static final class FarOutcomes extends IReplies.Stub {
        final List<DeathRecipient> links = new ArrayList<>();

        @Override
        public void answered(long sequence, int rung, int candidate, int chosen, float chosenEvidence, int reason,
                float evidence, long ns, int rungsRun) {}

        @Override
        public void failed(long sequence, int code, String message) {}

        @Override
        public void linkToDeath(DeathRecipient recipient, int flags) {
            links.add(recipient);
        }

        @Override
        public boolean unlinkToDeath(DeathRecipient recipient, int flags) {
            if (!links.remove(recipient)) {
                throw new NoSuchElementException("Death link does not exist");
            }
            return true;
        }
    }

    private IInference bind() {
        IBinder binder = controller.get().onBind(new Intent(InferenceService.ACTION));
        return IInference.Stub.asInterface(binder);
    }

    private JsonObject status() {
        try (Cursor rows = app.getContentResolver().query(Uri.withAppendedPath(CONTROL, "status"), null, null, null,
                null)) {
            assertTrue(rows.moveToFirst());
            return JsonParser.parseString(rows.getString(0)).getAsJsonObject();
        }
    }

    private JsonObject call(String method, String argument) {
        Bundle result = app.getContentResolver().call(CONTROL, method, argument, null);
        assertEquals(Set.of("json"), result.keySet());
        return JsonParser.parseString(result.getString("json")).getAsJsonObject();
    }

    private JsonObject written(String kind, byte[] content) throws Exception {
        String sha256 = Sha256.of(content);
        Uri uri = Uri.withAppendedPath(CONTROL, kind + "/" + sha256);
        try (OutputStream to = app.getContentResolver().openOutputStream(uri, "w")) {
            to.write(content);
        }
        return call("outcome", sha256);
    }

    private String audit() {
        StringBuilder text = new StringBuilder();
        try (Cursor rows = app.getContentResolver().query(Uri.withAppendedPath(CONTROL, "audit"), null, null, null,
                null)) {
            while (rows.moveToNext()) {
                text.append(rows.getString(0)).append('\n');
            }
        }
        return text.toString();
    }

    @Test
    public void aClientOpensASessionAndIsToldWhenThereIsNoPolicy() throws Exception {
        Outcomes outcomes = new Outcomes();
        assertEquals(1, bind().version());
        ISession session = bind().open(outcomes);
        assertNotNull(session);
        assertEquals(-ServiceException.Reason.NO_POLICY.code(), session.tensorBytes()[0]);
        session.submit(1, 5, 0, 64, Float.NaN);
        assertEquals("failed 1 " + ServiceException.Reason.BAD_TENSOR.code(), outcomes.all.poll(10, TimeUnit.SECONDS));
        session.close();
        session.close();
    }

    @Test
    public void aSessionIsClosedAnyNumberOfTimesAlsoAfterItsClientDied() throws Exception {
        FarOutcomes client = new FarOutcomes();
        ISession session = bind().open(client);
        assertEquals(1, client.links.size());
        session.close();
        session.close();
        assertEquals(List.of(), client.links);
        FarOutcomes dies = new FarOutcomes();
        ISession left = bind().open(dies);
        dies.links.remove(0).binderDied();
        left.close();
        assertEquals(0, status().get("sessions").getAsInt());
    }

    @Test
    public void aSessionIsItsAppsAlone() throws Exception {
        ISession session = bind().open(new Outcomes());
        ShadowBinder.setCallingUid(12_345);
        assertThrows(SecurityException.class, session::tensorBytes);
        assertThrows(SecurityException.class, () -> session.submit(1, 1, 0, 64, Float.NaN));
        assertThrows(SecurityException.class, () -> session.attach(null));
        assertThrows(SecurityException.class, session::close);
        ShadowBinder.reset();
        session.close();
    }

    @Test
    public void aCallerWithoutPermissionIsRefusedAndWrittenDown() throws Exception {
        ShadowBinder.setCallingUid(12_345);
        ShadowBinder.setCallingPid(99);
        assertThrows(SecurityException.class, () -> bind().open(new Outcomes()));
        assertThrows(SecurityException.class, this::status);
        ShadowBinder.reset();
        assertTrue(audit(), audit().contains("uid 12345"));
        ShadowBinder.setCallingUid(Process.SHELL_UID);
        assertEquals(2, status().get("refused").getAsInt());
    }

    @Test
    public void batteryHeatAndPowerSaveReachTheStatus() {
        app.sendBroadcast(new Intent(Intent.ACTION_BATTERY_CHANGED)
                .putExtra(BatteryManager.EXTRA_LEVEL, 37)
                .putExtra(BatteryManager.EXTRA_SCALE, 100)
                .putExtra(BatteryManager.EXTRA_PLUGGED, BatteryManager.BATTERY_PLUGGED_USB));
        PowerManager power = app.getSystemService(PowerManager.class);
        shadowOf(power).setCurrentThermalStatus(PowerManager.THERMAL_STATUS_SEVERE);
        shadowOf(Looper.getMainLooper()).idle();
        JsonObject status = status();
        assertEquals(0.37, status.get("battery").getAsDouble(), 1e-6);
        assertEquals(1, status.get("charging").getAsInt());
        assertEquals(3, status.get("thermal_status").getAsInt());
        assertEquals(1.0, status.get("thermal_headroom").getAsDouble(), 0);
        shadowOf(power).setIsPowerSaveMode(true);
        app.sendBroadcast(new Intent(PowerManager.ACTION_POWER_SAVE_MODE_CHANGED));
        shadowOf(Looper.getMainLooper()).idle();
        assertEquals(0, status().get("charging").getAsInt());
    }

    @Test
    public void aPolicyByIntentIsTakenIfTheOwnersKeySignedItAndIsThereAfterARestart() throws Exception {
        send(new Signer().policy(1));
        await("UNKNOWN_KEY");
        assertTrue(status().get("sequence").isJsonNull());
        send(new byte[PolicyReceiver.MOST_BYTES + 1]);
        await("larger than");
        send(signer.policy(3));
        await("on trial, from an intent");
        assertEquals(3, status().get("sequence").getAsInt());
        ServiceHolder.end();
        ServiceHolder.of(app, processes, archive -> {});
        assertEquals(3, status().get("sequence").getAsInt());
        assertFalse(call("rollback", null).has("error"));
        assertTrue(status().get("sequence").isJsonNull());
        assertTrue(audit().contains("rolled back: asked by uid"));
    }

    @Test
    public void theProviderRefusesWhatItDoesNotKnow() {
        Uri other = Uri.withAppendedPath(CONTROL, "secrets");
        assertThrows(
                IllegalArgumentException.class, () -> app.getContentResolver().query(other, null, null, null, null));
        assertThrows(IllegalArgumentException.class, () -> app.getContentResolver().call(CONTROL, "format", null,
                null));
        assertTrue(call("pin", "1").has("error")); // no policy yet
        assertFalse(audit().contains("OVERRIDE"));
    }

    @Test
    public void whatIsWrittenIsTakenWholeAndTheDeskIsToldWhatBecameOfIt() throws Exception {
        Signer other = new Signer();
        ShadowBinder.setCallingUid(Process.SHELL_UID);
        byte[] policy = other.policy(4);
        assertEquals("UNKNOWN_KEY", written("policy", policy).get("reason").getAsString());
        byte[] key = other.pem().getBytes(StandardCharsets.US_ASCII);
        assertEquals("installed", written("key", key).get("outcome").getAsString());
        JsonObject taken = written("policy", policy);
        assertEquals("installed", taken.get("outcome").getAsString());
        assertEquals(4, taken.get("sequence").getAsInt());
        assertEquals("installed", written("model", new byte[] {1, 2, 3}).get("outcome").getAsString());
        assertEquals(1, status().get("models").getAsJsonArray().size());
        String line = audit().split("\n")[1];
        long sequence = JsonParser.parseString(line).getAsJsonObject().get("sequence").getAsLong();
        Uri from = Uri.withAppendedPath(CONTROL, "audit/" + sequence);
        try (InputStream rest = app.getContentResolver().openInputStream(from)) {
            assertTrue(new String(rest.readAllBytes(), StandardCharsets.UTF_8).startsWith(line));
        }
    }

    @Test
    public void whatIsTooLargeTakesNoRoomWhileItIsWritten() throws Exception {
        ShadowBinder.setCallingUid(Process.SHELL_UID);
        byte[] large = new byte[3 * KeyFolder.MOST_BYTES];
        Uri uri = Uri.withAppendedPath(CONTROL, "key/" + Sha256.of(large));
        try (OutputStream to = app.getContentResolver().openOutputStream(uri, "w")) {
            to.write(large);
            File written = app.getCacheDir().listFiles((folder, name) -> name.startsWith("control"))[0];
            for (int i = 0; i < 500 && written.length() == large.length; ++i) {
                ShadowSystemClock.advanceBy(Duration.ofSeconds(1));
                Thread.sleep(10);
            }
            assertEquals(KeyFolder.MOST_BYTES + 1, written.length());
        }
        assertEquals("OVERSIZED", call("outcome", Sha256.of(large)).get("reason").getAsString());
    }

    @Test
    public void anAppWithTheControlPermissionAddsNoKeys() {
        shadowOf(app).grantPermissions(ControlProvider.PERMISSION);
        ShadowBinder.setCallingUid(12_345);
        Uri uri = Uri.withAppendedPath(CONTROL, "key");
        assertThrows(SecurityException.class, () -> app.getContentResolver().openOutputStream(uri, "w"));
        String piece = "key/" + "0".repeat(64) + "/0/AA==";
        assertThrows(SecurityException.class, () -> app.getContentResolver().call(CONTROL, "append", piece, null));
    }

    private void send(byte[] policy) {
        new PolicyReceiver().onReceive(app, new Intent(PolicyReceiver.ACTION).putExtra(PolicyReceiver.EXTRA_POLICY,
                policy));
    }

    private void await(String part) throws Exception {
        for (int i = 0; i < 500 && !audit().contains(part); ++i) {
            Thread.sleep(10);
        }
        assertTrue(audit(), audit().contains(part));
    }
}
