package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What holds between the fields of a policy, as approxlite/formats/policy.py has it. */
final class PolicyConsistency {
    private PolicyConsistency() {}

    static void check(Policy policy) throws PolicyException {
        require(!policy.models().contains(null), "models: one of them is nothing");
        require(!policy.ladder().contains(null), "ladder: one of its rungs is nothing");
        require(!policy.candidates().contains(null), "candidates: one of them is nothing");
        require(!policy.probes().contains(null), "probes: one of them is nothing");
        checkExact(policy);
        checkWeights(policy);
        checkRule(policy);
        require(
                policy.classMaps().isEmpty() || policy.classMaps().size() == policy.models().size(),
                "class_maps: there are " + policy.classMaps().size() + " for " + policy.models().size() + " models");
    }

    private static void checkExact(Policy policy) throws PolicyException {
        LadderRung exact = policy.ladder().get(policy.exactRung());
        require(exact.configuration().equals(Configuration.EXACT), "exact_rung: is '" + exact.configuration() + "'");
        require(exact.model() == policy.models().size() - 1, "exact_rung: is not of the last model");
        List<Candidate.Stage> first = policy.candidates().get(0).stages();
        require(
                first.size() == 1 && first.get(0).rung() == policy.exactRung(),
                "candidates: the first is not exact alone, which every rule can fall back to");
    }

    private static void checkWeights(Policy policy) throws PolicyException {
        boolean several = policy.ladder().stream().mapToInt(LadderRung::model).distinct().count() > 1;
        boolean brings = false;
        Map<String, Integer> owners = new HashMap<>();
        for (LadderRung rung : policy.ladder()) {
            if (!Configuration.bringsWeights(rung.configuration())) {
                continue;
            }
            brings = true;
            Integer owner = owners.putIfAbsent(rung.name(), rung.model());
            boolean alone = owner == null || owner == rung.model();
            require(
                    !several || (alone && !rung.name().isEmpty()),
                    "ladder: rungs of several models have their weights under one name");
        }
        require(!brings || policy.rungsSha256() != null,
                "rungs_sha256: rungs bring weights, but there is no rungs.bin");
    }

    private static void checkRule(Policy policy) throws PolicyException {
        Rule rule = policy.rule();
        require(rule.candidate() < policy.certified(), "rule: starts at a candidate that is not certified");
        boolean energies = true;
        boolean times = true;
        for (LadderRung rung : policy.ladder()) {
            energies &= rung.energyMj() != null;
            times &= rung.costMs() != null && rung.slowMs() != null;
        }
        for (Candidate candidate : policy.candidates()) {
            energies &= candidate.energyMj() != null;
        }
        require(!rule.hasBudget() || energies, "rule: a budget needs the energy_mj of every rung and candidate");
        boolean needsTimes = rule.kind() == Rule.Kind.DEADLINE || rule.kind() == Rule.Kind.AUTO;
        require(!needsTimes || times, "rule: needs cost_ms and slow_ms of every rung");
    }

    private static void require(boolean holds, String otherwise) throws PolicyException {
        if (!holds) {
            throw new PolicyException(Reason.INVALID, "policy.json." + otherwise);
        }
    }
}
