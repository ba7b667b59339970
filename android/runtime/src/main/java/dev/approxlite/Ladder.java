package dev.approxlite;

import dev.approxlite.policy.LadderRung;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A policy's ladder, ready to run: one interpreter for each model, any rung at the cost of changing an index. The last
 * model decides what form inputs come in; the others are given them in their own. Belongs to one thread at a time.
 */
final class Ladder implements AutoCloseable {
    /** Where a rung is found, how it is given a sample, and what its output is. */
    private record Place(ApproxInterpreter interpreter, int rung, InputMap input, TensorForm output, ByteBuffer bytes) {}

    private final List<ApproxInterpreter> interpreters = new ArrayList<>();
    private final List<Place> places = new ArrayList<>();
    private final TensorForm input;
    /** Of different kinds of outputs, the real numbers that they stand for are given. */
    private final boolean real;
    private final float[] values;
    private int count;
    private long nanoseconds;

    /**
     * Makes every model and every rung ready.
     *
     * @param models contents, direct buffers
     * @param weights of their own, a direct buffer; null: none
     * @throws IllegalArgumentException if a rung does not fit its model, or the models do not take the same input
     */
    Ladder(List<ByteBuffer> models, List<LadderRung> rungs, ByteBuffer weights, String variant, int numThreads) {
        try {
            List<TensorForm> inputs = new ArrayList<>();
            List<TensorForm> outputs = new ArrayList<>();
            for (int model = 0; model < models.size(); ++model) {
                ApproxInterpreter made = new ApproxInterpreter(
                        models.get(model),
                        new ApproxInterpreter.Options()
                                .setLadder(specs(rungs, model, weights))
                                .setVariant(variant)
                                .setNumThreads(numThreads));
                interpreters.add(made);
                if (made.getInputTensorCount() != 1) {
                    throw new IllegalArgumentException(
                            "model " + model + " takes " + made.getInputTensorCount() + " inputs; policies are for one");
                }
                inputs.add(TensorForm.of(made.getInputTensor(0)));
                outputs.add(TensorForm.of(made.getOutputTensor(0)));
            }
            input = inputs.get(inputs.size() - 1);
            real = !outputs.stream().allMatch(outputs.get(0)::sameNumbers);
            int[] taken = new int[models.size()];
            for (LadderRung rung : rungs) {
                int model = rung.model();
                places.add(new Place(
                        interpreters.get(model),
                        taken[model]++,
                        new InputMap(input, inputs.get(model), rung.input()),
                        outputs.get(model),
                        outputs.get(model).allocate()));
            }
            values = new float[outputs.stream().mapToInt(TensorForm::count).max().orElse(1)];
        } catch (RuntimeException problem) {
            close();
            throw problem;
        }
    }

    private static List<RungSpec> specs(List<LadderRung> rungs, int model, ByteBuffer weights) {
        List<RungSpec> specs = new ArrayList<>();
        for (LadderRung rung : rungs) {
            if (rung.model() == model) {
                boolean calibrated = rung.configuration().matches(".*(inputs|rank):.*");
                specs.add(new RungSpec(rung.configuration(), rung.scales(), calibrated ? weights : null, rung.name()));
            }
        }
        return specs.isEmpty() ? List.of(RungSpec.of("exact")) : specs;
    }

    /** One sample through a rung; {@link #values}, {@link #count} and {@link #bytes} are of it until the next. */
    void run(int rung, ByteBuffer sample) {
        Place place = places.get(rung);
        long begin = System.nanoTime();
        ByteBuffer given = Buffers.whole(place.input.map(sample));
        place.interpreter.setRung(place.rung);
        place.interpreter.run(given, Buffers.whole(place.bytes));
        nanoseconds = System.nanoTime() - begin;
        count = place.output.count();
        float[] to = count == values.length ? values : new float[count];
        place.output.read(place.bytes, to);
        if (real) {
            place.output.toReal(to);
        }
        if (to != values) {
            System.arraycopy(to, 0, values, 0, count);
        }
    }

    /** The last output, {@link #count} entries. */
    float[] values() {
        return values;
    }

    int count() {
        return count;
    }

    /** Nanoseconds that the last run took. */
    long nanoseconds() {
        return nanoseconds;
    }

    /** Copies the last output: as the model gives it, or of models of different kinds its real numbers. */
    void copyOutput(int rung, ByteBuffer to) {
        ByteBuffer into = Buffers.whole(to);
        if (real) {
            into.asFloatBuffer().put(values, 0, count);
        } else {
            into.put(Buffers.whole(places.get(rung).bytes));
        }
    }

    /** Of inputs. */
    TensorForm input() {
        return input;
    }

    /** Most entries of an output of any rung. */
    int outputCount() {
        return values.length;
    }

    /** Bytes of the largest output as {@link #copyOutput} gives it. */
    int outputBytes() {
        return values.length * (real ? Float.BYTES : places.get(0).output.type().byteSize());
    }

    int rungs() {
        return places.size();
    }

    @Override
    public void close() {
        interpreters.forEach(ApproxInterpreter::close);
    }
}
