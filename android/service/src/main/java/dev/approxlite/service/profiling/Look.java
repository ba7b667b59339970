package dev.approxlite.service.profiling;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.approxlite.service.profiling.Phone.Metered;

/**
 * All that is asked between two blocks, each service once.
 *
 * @param atNs when all had answered
 * @param readings of facilities that other processes have to be asked for, as a row has them
 */
record Look(long atNs, Phone.State state, JsonArray readings) {
    static Look take(Phone phone) {
        Phone.State state = phone.state();
        JsonArray readings = readings(phone);
        return new Look(phone.bootNs(), state, readings);
    }

    /** Of the same facilities, now. */
    static JsonArray readings(Phone phone) {
        JsonArray readings = new JsonArray();
        for (Metered each : phone.metered()) {
            JsonObject reading = new JsonObject();
            reading.addProperty("at_ns", phone.bootNs());
            reading.addProperty("source", each.source());
            reading.addProperty("value", each.value());
            reading.addProperty("as_of_ns", each.asOfNs());
            readings.add(reading);
        }
        return readings;
    }

    /** As a row has it before or after a block. */
    JsonObject row() {
        JsonObject row = new JsonObject();
        JsonObject temperatures = new JsonObject();
        state.temperatures().forEach(temperatures::addProperty);
        if (temperatures.size() > 0) {
            row.add("temperature_c", temperatures);
        }
        if (state.thermalStatus() >= 0) {
            row.addProperty("thermal_status", state.thermalStatus());
        }
        if (!Float.isNaN(state.thermalHeadroom())) {
            row.addProperty("thermal_headroom", state.thermalHeadroom());
        }
        if (!Float.isNaN(state.charge())) {
            row.addProperty("charge", state.charge());
        }
        if (state.plugged() >= 0) {
            row.addProperty("plugged", state.plugged() > 0);
        }
        return row;
    }

    /** The hottest sensor; negative infinity where there is none. */
    double hottestC() {
        return state.temperatures().values().stream().max(Double::compare).orElse(Double.NEGATIVE_INFINITY);
    }
}
