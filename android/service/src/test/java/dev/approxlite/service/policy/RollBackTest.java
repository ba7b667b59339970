package dev.approxlite.service.policy;

import static org.junit.Assert.assertEquals;

import dev.approxlite.policy.Signer;
import dev.approxlite.service.RunningCore;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;

/** A roll-back, asked for or by itself, comes to no policy that no longer holds. */
public class RollBackTest {
    @Rule
    public final RunningCore running = new RunningCore();

    @Before
    public void startWithAGoodPolicy() throws Exception {
        running.keep(running.signer.policy(1));
    }

    @Test
    public void aPolicyWhoseTimeIsOverIsPassedOver() throws Exception {
        running.keep(running.signer.until("2026-07-01T00:00:00Z", 3));
        running.core().inbox().receive(running.signer.recertified(4), "a test");
        running.clock = Clock.offset(running.clock, Duration.ofDays(40));
        running.core().inbox().rollBack("a test");
        assertEquals("the one before it still holds", 1, running.followed());
        running.awaitAudit("no longer to be followed: the policy held until 2026-07-01T00:00:00Z");
        running.restart();
        assertEquals(1, running.followed());
    }

    @Test
    public void aPolicyWhoseKeyWasForgottenIsPassedOver() throws Exception {
        Signer other = new Signer();
        String key = running.core().keys().add(other.pem().getBytes(StandardCharsets.US_ASCII));
        running.keep(other.policy(3));
        running.core().inbox().receive(running.signer.recertified(4), "a test");
        running.core().keys().forget(key);
        running.processes.engines.tripwire = RunningCore.NOT_FINITE;
        running.answered();
        running.awaitFollowed(1);
        running.awaitAudit("no longer to be followed: UNKNOWN_KEY");
    }
}
