package dev.approxlite.service.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.robolectric.Shadows.shadowOf;

import android.app.Application;
import android.content.BroadcastReceiver.PendingResult;
import android.content.Intent;
import android.os.Bundle;
import android.os.Looper;
import dev.approxlite.policy.Signer;
import dev.approxlite.service.LocalProcesses;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowBroadcastPendingResult;
import org.robolectric.util.ReflectionHelpers;
import org.robolectric.util.ReflectionHelpers.ClassParameter;

/** A policy's broadcast is let go when the policy is decided on, or before Android takes its receiver for hung. */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34)
public class PolicyReceiverTest {
    private final CountDownLatch tried = new CountDownLatch(1);
    private Application app;
    private Signer signer;

    @Before
    public void startTheService() throws Exception {
        app = RuntimeEnvironment.getApplication();
        signer = new Signer();
        PhoneOwner.trusts(app, signer);
        ServiceHolder.of(app, new LocalProcesses(), archive -> awaitTrial());
    }

    @After
    public void stopTheService() throws Exception {
        tried.countDown();
        ServiceHolder.end();
    }

    private void awaitTrial() {
        try {
            tried.await();
        } catch (InterruptedException asked) {
            throw new AssertionError(asked);
        }
    }

    /** Done when the receiver lets Android go on. */
    private Future<PendingResult> sent() throws Exception {
        PolicyReceiver receiver = new PolicyReceiver();
        PendingResult pending = ReflectionHelpers.callStaticMethod(
                ShadowBroadcastPendingResult.class, "create", ClassParameter.from(int.class, 0),
                ClassParameter.from(String.class, ""), ClassParameter.from(Bundle.class, null),
                ClassParameter.from(boolean.class, false));
        ReflectionHelpers.callInstanceMethod(
                receiver, "setPendingResult", ClassParameter.from(PendingResult.class, pending));
        receiver.onReceive(app, new Intent(PolicyReceiver.ACTION).putExtra(PolicyReceiver.EXTRA_POLICY,
                signer.policy(1)));
        ShadowBroadcastPendingResult shadow = shadowOf(pending);
        return shadow.getFuture();
    }

    @Test
    public void aTrialThatTakesLongGoesOnWithoutIt() throws Exception {
        Future<PendingResult> letGo = sent();
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(PolicyReceiver.MOST_HELD_MS - 1));
        assertFalse(letGo.isDone());
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(1));
        assertNotNull(letGo.get(10, TimeUnit.SECONDS));
        tried.countDown();
        for (int i = 0; i < 1000 && ServiceHolder.of(app).core().engines().policy() == null; ++i) {
            Thread.sleep(10);
        }
        assertEquals(1, ServiceHolder.of(app).core().engines().policy().policy().sequence());
    }

    @Test
    public void onceItIsDecidedNothingIsHeld() throws Exception {
        tried.countDown();
        Future<PendingResult> letGo = sent();
        assertNotNull(letGo.get(10, TimeUnit.SECONDS));
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(PolicyReceiver.MOST_HELD_MS));
    }
}
