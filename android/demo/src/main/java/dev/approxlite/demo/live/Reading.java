package dev.approxlite.demo.live;

import dev.approxlite.service.queue.ServiceException;

/**
 * What is shown after an input.
 *
 * @param label index of the model's answer
 * @param confidence the model's output for it, a share
 * @param rung index into the ladder
 * @param configuration of that rung
 * @param chosen why the policy began where it did, {@code approx_reason}
 * @param reason why the answer was accepted, {@code approx_reason}
 * @param latencyMs of the models that ran
 * @param saved of what exact would have cost, over all answers so far
 * @param unit of what is saved
 * @param answers that the guard has counted
 * @param checks of them
 * @param disagreements of them
 * @param alarm {@code approx_alarm} that exact is latched for, 0 for none
 * @param byService whether the service app's engine answered, whose guard that is then, and not this app's
 * @param refusal why the service did not; null if it did, or was not asked
 */
public record Reading(
        int label,
        float confidence,
        int rung,
        String configuration,
        int chosen,
        int reason,
        double latencyMs,
        double saved,
        Savings.Unit unit,
        long answers,
        long checks,
        long disagreements,
        int alarm,
        boolean byService,
        ServiceException.Reason refusal) {}
