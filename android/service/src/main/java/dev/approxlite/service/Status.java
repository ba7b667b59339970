package dev.approxlite.service;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.approxlite.context.DeviceContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.engine.Kernels;
import dev.approxlite.engine.Names;
import dev.approxlite.policy.LadderRung;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyStore;
import dev.approxlite.service.policy.Followed;
import dev.approxlite.service.policy.Tally;
import java.io.IOException;
import java.util.Collection;
import java.util.List;

/** What the service does at one moment, as one JSON object without line breaks; null stands for what is unknown. */
public final class Status {
    /** Of this form; members are only ever added. */
    static final int VERSION = 1;

    private final JsonObject json = new JsonObject();

    private Status() {}

    static Status of(ServiceCore core, PolicyStore store, DeviceContext device) {
        Status status = new Status();
        Followed followed = core.inbox().followed();
        status.json.addProperty("version", VERSION);
        status.policy(core, store, followed);
        status.answers(core, followed);
        status.service(core);
        status.phone(device);
        return status;
    }

    /** The text. */
    public String json() {
        return json.toString();
    }

    /** The object itself, a copy. */
    public JsonObject object() {
        return json.deepCopy();
    }

    private void policy(ServiceCore core, PolicyStore store, Followed followed) {
        PolicyArchive policy = followed.policy();
        number("sequence", policy != null, policy == null ? 0 : policy.policy().sequence());
        json.addProperty("policy_sha256", policy == null ? null : policy.sha256());
        json.addProperty("on_trial", followed.onTrial());
        json.addProperty("trial_answers", followed.tally().answers());
        json.addProperty("trial_needs", core.inbox().trialAnswers());
        json.addProperty("highest_sequence", store.highestSequence());
        json.addProperty("store_damaged", store.wasDamaged());
        json.add("models", models(core));
        json.add("keys", array(core.trusted().names()));
    }

    private static JsonArray models(ServiceCore core) {
        try {
            return array(core.models().all());
        } catch (IOException unreadable) {
            return new JsonArray();
        }
    }

    private void answers(ServiceCore core, Followed followed) {
        PolicyArchive policy = followed.policy();
        Tally tally = followed.tally();
        Answer last = tally.last();
        number("rung", last != null, last == null ? 0 : last.rung());
        number("candidate", last != null && last.candidate() >= 0, last == null ? 0 : last.candidate());
        json.addProperty("chosen", last == null ? null : Names.reason(last.chosen()));
        json.addProperty("reason", last == null ? null : Names.reason(last.reason()));
        number("evidence", last != null && Float.isFinite(last.evidence()), last == null ? 0 : last.evidence());
        number("latency_ms", last != null, last == null ? 0 : last.latencyNs() / 1e6);
        List<LadderRung> ladder = policy == null ? List.of() : policy.policy().ladder();
        JsonArray rungs = new JsonArray();
        for (int rung = 0; rung < ladder.size(); ++rung) {
            JsonObject each = new JsonObject();
            each.addProperty("configuration", ladder.get(rung).configuration());
            each.addProperty("cost", ladder.get(rung).cost().value());
            each.addProperty("answers", tally.answers(rung));
            each.addProperty("runs", tally.runs(rung));
            rungs.add(each);
        }
        json.add("rungs", rungs);
        number("exact_rung", policy != null, policy == null ? 0 : policy.policy().exactRung());
        number("pinned", core.engines().pinned() >= 0, core.engines().pinned());
        json.add("guard", guard(tally.guard()));
        json.addProperty("alarm", followed.alarm());
    }

    private static JsonObject guard(GuardStatus guard) {
        if (guard.state().length == 0) {
            return null;
        }
        JsonObject found = new JsonObject();
        found.addProperty("alarm", Names.alarm(guard.alarm()));
        found.addProperty("answers", guard.answers());
        found.addProperty("canaries", guard.canaries());
        found.addProperty("disagreements", guard.disagreements());
        if (Double.isFinite(guard.disagreementShare())) {
            found.addProperty("disagreement_share", guard.disagreementShare());
        }
        if (Double.isFinite(guard.eValue())) {
            found.addProperty("e_value", guard.eValue());
        }
        return found;
    }

    private void service(ServiceCore core) {
        JsonObject tail = new JsonObject();
        tail.addProperty("sequence", core.audit().lastSequence());
        tail.addProperty("sha256", core.audit().lastSha256());
        json.add("audit", core.audit().lastSequence() < 0 ? JsonNull.INSTANCE : tail);
        json.addProperty("package_version", core.version().isEmpty() ? null : core.version());
        Kernels kernels = core.kernels();
        number("numerics_version", kernels != null, kernels == null ? 0 : kernels.numericsVersion());
        json.addProperty("kernel_variant", kernels == null ? null : kernels.variant());
        json.addProperty("sessions", core.sessions().size());
        json.addProperty("waiting", core.dispatcher().waiting());
        json.addProperty("answered", core.dispatcher().answered());
        json.addProperty("failed", core.dispatcher().failed());
        json.addProperty("engine_deaths", core.engines().deaths());
        json.addProperty("refused", core.callers().refused());
        json.addProperty("problem", core.inbox().problem());
    }

    private void phone(DeviceContext device) {
        number("battery", !Float.isNaN(device.battery()), device.battery());
        number("charging", device.charging() >= 0, device.charging());
        number("thermal_status", device.thermalStatus() >= 0, device.thermalStatus());
        number("thermal_headroom", !Float.isNaN(device.thermalHeadroom()), device.thermalHeadroom());
        json.addProperty("power_save", device.powerSave());
    }

    private void number(String name, boolean known, Number value) {
        if (known) {
            json.addProperty(name, value);
        } else {
            json.add(name, JsonNull.INSTANCE);
        }
    }

    private static JsonArray array(Collection<String> texts) {
        JsonArray all = new JsonArray();
        texts.forEach(all::add);
        return all;
    }
}
