package dev.approxlite.demo.live;

import dev.approxlite.engine.Answer;
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

    private Policy policy;
    private Unit unit = Unit.TIME;
    /** In units of what exact costs. */
    private double spent;
    private long answers;

    /** What is counted. */
    public Unit unit() {
        return unit;
    }

    /**
     * One answer. Where its policy counts other than the one before, counting starts anew.
     *
     * @param followed by the answer
     * @param checked how often exact ran for the guard besides: 0 or 1, or the share of answers of which that is known
     */
    public void add(Policy followed, Answer answer, double checked) {
        policy = followed;
        boolean measured = policy.ladder().stream().allMatch(rung -> rung.energyMj() != null);
        Unit counted = measured ? Unit.ENERGY : Unit.TIME;
        if (counted != unit) {
            unit = counted;
            spent = 0;
            answers = 0;
        }
        double cost = 0;
        for (int ran = answer.rungsRun(); ran != 0; ran &= ran - 1) {
            cost += costOf(Integer.numberOfTrailingZeros(ran));
        }
        spent += cost / costOf(policy.exactRung()) + checked;
        ++answers;
    }

    /** 1 less what was spent over what exact would have cost, negative where it cost more; NaN before any answer. */
    public double share() {
        return 1 - spent / answers;
    }

    private double costOf(int rung) {
        Function<LadderRung, Estimate> cost = unit == Unit.ENERGY ? LadderRung::energyMj : LadderRung::cost;
        return cost.apply(policy.ladder().get(rung)).value();
    }
}
