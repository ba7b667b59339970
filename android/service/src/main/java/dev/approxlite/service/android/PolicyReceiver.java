package dev.approxlite.service.android;

import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.os.Handler;
import android.os.Looper;
import dev.approxlite.policy.PolicyException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A policy that comes by intent, at most {@link #MOST_BYTES} of it in extra {@link #EXTRA_POLICY}: whoever sends it, its
 * signature decides. The manifest asks senders for {@link ControlProvider#PERMISSION}.
 */
public final class PolicyReceiver extends BroadcastReceiver {
    /** What is sent. */
    public static final String ACTION = "dev.approxlite.service.INSTALL_POLICY";
    /** A byte array, the content of policy.approx. */
    public static final String EXTRA_POLICY = "policy";
    /** Binder carries no more in one call; larger policies are written to the provider. */
    public static final int MOST_BYTES = 512 * 1024;
    /**
     * Android takes a receiver that keeps it waiting for ten seconds for one that hangs. What is tried for longer goes on;
     * should the process end meanwhile, the policy of before is followed.
     */
    static final long MOST_HELD_MS = 8_000;

    @Override
    public void onReceive(Context context, Intent intent) {
        byte[] policy = ACTION.equals(intent.getAction()) ? intent.getByteArrayExtra(EXTRA_POLICY) : null;
        if (policy == null) {
            return;
        }
        PendingResult pending = goAsync();
        AtomicBoolean held = new AtomicBoolean(pending != null);
        Runnable letGo = () -> {
            if (held.compareAndSet(true, false)) {
                pending.finish();
            }
        };
        new Handler(Looper.getMainLooper()).postDelayed(letGo, MOST_HELD_MS);
        new Thread(() -> install(context, policy, letGo), "approxlite-policy-intent").start();
    }

    private static void install(Context context, byte[] policy, Runnable letGo) {
        ServiceHolder holder = ServiceHolder.of(context);
        try {
            if (policy.length > MOST_BYTES) {
                holder.core().refused("policy", "larger than " + MOST_BYTES + " bytes; write it to the provider");
            } else {
                holder.core().inbox().receive(policy, "an intent");
            }
        } catch (PolicyException refused) {
            // it is in the log, with the reason
        } catch (IOException failed) {
            holder.core().inbox().note("an intent: " + failed.getMessage());
        } finally {
            letGo.run();
        }
    }
}
