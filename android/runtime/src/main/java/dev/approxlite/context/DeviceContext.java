package dev.approxlite.context;

import java.util.function.LongSupplier;

/**
 * What the phone last said about itself, and from it the context of an input. Nothing here asks the phone: {@link
 * DeviceMonitor} does, and tests do instead of it. Thread-safe.
 */
public final class DeviceContext {
    /** Android's thermal status from which on its headroom is 1 by definition. */
    public static final int THERMAL_SEVERE = 3;
    /** Android's worst thermal status, shutdown. */
    public static final int THERMAL_WORST = 6;
    /** A headroom that is older says nothing about now; Android forecasts for about so long. */
    static final long HEADROOM_HOLDS_NS = 30_000_000_000L;

    private final LongSupplier clockNs;
    private float battery = Float.NaN;
    private int plugged = -1;
    private boolean powerSave;
    private int thermalStatus = -1;
    private float headroom = Float.NaN;
    private long headroomAtNs;

    /** clockNs: nanoseconds of a clock that never goes back, sleep included. */
    public DeviceContext(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    /**
     * As the battery broadcast has it.
     *
     * @param level 0 to {@code scale}; what is not makes the charge unknown
     * @param scale above 0
     * @param plugged 0: on battery; above: a charger is connected; negative: unknown
     */
    public synchronized void battery(int level, int scale, int plugged) {
        battery = scale > 0 && level >= 0 && level <= scale ? (float) level / scale : Float.NaN;
        this.plugged = Integer.signum(plugged);
    }

    /** Whether the owner asked to save power: budgets then count, charger or not. */
    public synchronized void powerSave(boolean on) {
        powerSave = on;
    }

    /** 0 (none) to 6 (shutdown), as PowerManager has it; anything else: unknown. */
    public synchronized void thermalStatus(int status) {
        thermalStatus = status >= 0 && status <= THERMAL_WORST ? status : -1;
    }

    /** Share of what the phone can bear, 1.0 being severe, forecast or now; NaN or below 0: unknown. */
    public synchronized void thermalHeadroom(float share) {
        headroom = share >= 0 ? share : Float.NaN;
        headroomAtNs = clockNs.getAsLong();
    }

    /** 0 to 1; NaN: unknown. */
    public synchronized float battery() {
        return battery;
    }

    /** 1: a charger is connected and the owner does not ask to save power; 0: budgets count; -1: unknown. */
    public synchronized int charging() {
        return powerSave ? 0 : plugged;
    }

    /** Whether the owner asked to save power. */
    public synchronized boolean powerSave() {
        return powerSave;
    }

    /** 0 (none) to 6 (shutdown); -1: unknown. */
    public synchronized int thermalStatus() {
        return thermalStatus;
    }

    /**
     * At least 1 while the status is severe or worse, for that is what 1 means; else what the phone said within the last
     * 30 seconds; NaN: unknown. Android defines no headroom for light and moderate, so nothing is made up for them.
     */
    public synchronized float thermalHeadroom() {
        float known = clockNs.getAsLong() - headroomAtNs <= HEADROOM_HOLDS_NS ? headroom : Float.NaN;
        if (thermalStatus < THERMAL_SEVERE) {
            return known;
        }
        return Float.isNaN(known) ? 1 : Math.max(known, 1);
    }

    /**
     * The context of an input that arrives now.
     *
     * @param deadlineMs left for it, at least 0; NaN: none
     * @throws IllegalArgumentException if the deadline is negative
     */
    public synchronized InputContext now(float deadlineMs) {
        if (deadlineMs < 0) {
            throw new IllegalArgumentException("a deadline " + deadlineMs + " ms ago; give what is left, at least 0");
        }
        double timeS = clockNs.getAsLong() / 1e9;
        return new InputContext(timeS, Float.NaN, deadlineMs, battery, charging(), thermalHeadroom());
    }
}
