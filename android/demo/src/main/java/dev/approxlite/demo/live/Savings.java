package dev.approxlite.demo.live;

import dev.approxlite.engine.Answer;
import dev.approxlite.policy.Candidate;
import dev.approxlite.policy.Estimate;
import dev.approxlite.policy.LadderRung;
import dev.approxlite.policy.Policy;
import java.util.function.Function;

/**
 * What answers cost, checks included, beside what exact alone would have: by the energies that the policy carries, or
 * by its shares of time where nobody measured energy, which is said and not guessed. Belongs to one thread.
 */
public final class Savings {
    /** What is counted. */
    public enum Unit {
        /** Measured energy. */
        ENERGY,
        /** Time, which is what running costs where energy is unknown. */
        TIME
    }

    private final Policy policy;
    private final Unit unit;
    private double spent;
    private double exact;

    /** Nothing is spent yet. */
    public Savings(Policy policy) {
        this.policy = policy;
        boolean measured = policy.ladder().stream().allMatch(rung -> rung.energyMj() != null);
        unit = measured ? Unit.ENERGY : Unit.TIME;
    }

    /** What is counted. */
    public Unit unit() {
        return unit;
    }

    /** One answer; {@code checked}: and exact ran for the guard. */
    public void add(Answer answer, boolean checked) {
        spent += costOf(answer) + (checked ? costOf(policy.exactRung()) : 0);
        exact += costOf(policy.exactRung());
    }

    /** 1 less what was spent over what exact would have cost, negative where it cost more; NaN before any answer. */
    public double share() {
        return 1 - spent / exact;
    }

    private double costOf(Answer answer) {
        if (answer.candidate() < 0) {
            return costOf(answer.rung());
        }
        double sum = 0;
        for (Candidate.Stage stage : policy.candidates().get(answer.candidate()).stages()) {
            sum += costOf(stage.rung());
            if (stage.rung() == answer.rung()) {
                return sum;
            }
        }
        return costOf(answer.rung()); // latched: exact, which no stage need be
    }

    private double costOf(int rung) {
        Function<LadderRung, Estimate> cost = unit == Unit.ENERGY ? LadderRung::energyMj : LadderRung::cost;
        return cost.apply(policy.ladder().get(rung)).value();
    }
}
