package dev.approxlite.context;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.approxlite.policy.Contract;
import java.util.ArrayList;
import java.util.List;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowBuild;

/** A phone calls its class what the desk calls it. */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34)
public class DeviceClassTest {
    @Test
    public void everyCaseIsOfTheClassThatTheDeskGivesIt() throws Exception {
        JsonArray cases = JsonParser.parseString(Contract.text("device_class.json")).getAsJsonArray();
        for (JsonElement each : cases) {
            JsonObject phone = each.getAsJsonObject();
            List<String> abis = new ArrayList<>();
            phone.get("abis").getAsJsonArray().forEach(abi -> abis.add(abi.getAsString()));
            String found = DeviceClass.of(
                    phone.get("hardware").getAsString(),
                    phone.get("board").getAsString(),
                    abis,
                    phone.get("build").getAsString(),
                    phone.get("processors").getAsString());
            assertEquals(phone.get("what").getAsString(), phone.get("device_class").getAsString(), found);
        }
        assertEquals(7, cases.size());
    }

    @Test
    public void thisPhoneIsOfTheClassOfItsHardwareAndItsBuild() {
        ShadowBuild.setHardware("nine");
        ShadowBuild.setBoard("a9000");
        ShadowBuild.setFingerprint("acme/nine");
        String first = DeviceClass.here();
        assertEquals(first, DeviceClass.here());
        ShadowBuild.setBoard("b10");
        assertNotEquals(first, DeviceClass.here());
        ShadowBuild.setBoard("a9000");
        ShadowBuild.setFingerprint("acme/ten");
        assertNotEquals(first, DeviceClass.here());
    }
}
