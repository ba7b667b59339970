package dev.approxlite.service;

import com.google.gson.stream.JsonWriter;
import dev.approxlite.context.DeviceContext;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyStore;
import java.io.IOException;
import java.io.StringWriter;

/**
 * What the service does at one moment. Immutable.
 *
 * @param sequence of the policy that is followed; -1: exact
 * @param policySha256 of its archive; "" for exact
 * @param onTrial whether it still has to prove itself
 * @param highestSequence policies up to it are refused
 * @param storeDamaged whether the store's state could not be read at the start
 * @param alarm {@code approx_alarm}, 0 for none
 * @param sessions that are open
 * @param waiting requests
 * @param answered requests since the start
 * @param failed requests since the start
 * @param engineDeaths since the policy is followed
 * @param refused calls without permission
 * @param battery 0 to 1; NaN: unknown
 * @param charging 1, 0, or -1 for unknown
 * @param thermalStatus 0 to 6; -1: unknown
 * @param thermalHeadroom 1 is severe; NaN: unknown
 * @param powerSave whether the owner asked to save power
 * @param problem what could not be written down or carried out last; ""
 */
public record Status(
        long sequence,
        String policySha256,
        boolean onTrial,
        long highestSequence,
        boolean storeDamaged,
        int alarm,
        int sessions,
        int waiting,
        long answered,
        long failed,
        int engineDeaths,
        long refused,
        float battery,
        int charging,
        int thermalStatus,
        float thermalHeadroom,
        boolean powerSave,
        String problem) {
    static Status of(ServiceCore core, PolicyStore store, DeviceContext device) {
        PolicyArchive policy = core.engines().policy();
        return new Status(
                policy == null ? -1 : policy.policy().sequence(),
                policy == null ? "" : policy.sha256(),
                core.inbox().onTrial(),
                store.highestSequence(),
                store.wasDamaged(),
                core.inbox().alarm(),
                core.sessions().size(),
                core.dispatcher().waiting(),
                core.dispatcher().answered(),
                core.dispatcher().failed(),
                core.engines().deaths(),
                core.callers().refused(),
                device.battery(),
                device.charging(),
                device.thermalStatus(),
                device.thermalHeadroom(),
                device.powerSave(),
                core.inbox().problem());
    }

    /** One JSON object; null stands for what is unknown. */
    public String json() {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            json.name("version").value(1);
            json.name("sequence");
            number(json, sequence >= 0, sequence);
            json.name("policy_sha256").value(policySha256.isEmpty() ? null : policySha256);
            json.name("on_trial").value(onTrial);
            json.name("highest_sequence").value(highestSequence);
            json.name("store_damaged").value(storeDamaged);
            json.name("alarm").value(alarm);
            json.name("sessions").value(sessions);
            json.name("waiting").value(waiting);
            json.name("answered").value(answered);
            json.name("failed").value(failed);
            json.name("engine_deaths").value(engineDeaths);
            json.name("refused").value(refused);
            json.name("battery");
            number(json, !Float.isNaN(battery), battery);
            json.name("charging");
            number(json, charging >= 0, charging);
            json.name("thermal_status");
            number(json, thermalStatus >= 0, thermalStatus);
            json.name("thermal_headroom");
            number(json, !Float.isNaN(thermalHeadroom), thermalHeadroom);
            json.name("power_save").value(powerSave);
            json.name("problem").value(problem);
            json.endObject();
        } catch (IOException impossible) {
            throw new AssertionError("text in memory can be written", impossible);
        }
        return text.toString();
    }

    private static void number(JsonWriter json, boolean known, Number value) throws IOException {
        if (known) {
            json.value(value);
        } else {
            json.nullValue();
        }
    }
}
