package dev.approxlite.context;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import org.junit.Test;

/** The context of an input has controller.h's meaning and units, and nothing is made up that the phone did not say. */
public class DeviceContextTest {
    private long nowNs = 5_000_000_000L;
    private final DeviceContext device = new DeviceContext(() -> nowNs);

    @Test
    public void nothingIsKnownBeforeThePhoneSpoke() {
        assertEquals(
                new InputContext(5, Float.NaN, Float.NaN, Float.NaN, -1, Float.NaN), device.now(Float.NaN));
        assertEquals(-1, device.thermalStatus());
    }

    @Test
    public void theBatteryIsAShareAndChargingIsWhetherAChargerIsConnected() {
        device.battery(37, 100, 0);
        assertEquals(new InputContext(5, Float.NaN, 20, 0.37f, 0, Float.NaN), device.now(20));
        device.battery(150, 200, 2);
        assertEquals(0.75f, device.battery(), 0);
        assertEquals(1, device.charging());
        device.powerSave(true);
        assertEquals(0, device.charging());
    }

    @Test
    public void whatCannotBeIsUnknown() {
        for (int[] odd : new int[][] {{-1, 100}, {101, 100}, {50, 0}, {50, -1}}) {
            device.battery(odd[0], odd[1], -1);
            assertEquals(Float.NaN, device.battery(), 0);
            assertEquals(-1, device.charging());
        }
        device.thermalStatus(7);
        assertEquals(-1, device.thermalStatus());
        device.thermalHeadroom(-0.1f);
        assertEquals(Float.NaN, device.thermalHeadroom(), 0);
    }

    @Test
    public void headroomIsWhatThePhoneSaidWhileItIsFreshAndAtLeastOneWhenSevere() {
        device.thermalHeadroom(0.6f);
        device.thermalStatus(2);
        assertEquals(0.6f, device.now(Float.NaN).thermalHeadroom(), 0);
        device.thermalStatus(3);
        assertEquals(1, device.thermalHeadroom(), 0);
        device.thermalHeadroom(1.2f);
        assertEquals(1.2f, device.thermalHeadroom(), 0);
        nowNs += DeviceContext.HEADROOM_HOLDS_NS + 1;
        assertEquals(1, device.thermalHeadroom(), 0);
        device.thermalStatus(0);
        assertEquals(Float.NaN, device.thermalHeadroom(), 0);
    }

    @Test
    public void aDeadlineThatIsOverIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> device.now(-1));
    }
}
