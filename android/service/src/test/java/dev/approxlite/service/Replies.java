package dev.approxlite.service;

import dev.approxlite.engine.Answer;
import dev.approxlite.service.queue.Reply;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps outcomes in the order in which they came. */
public final class Replies implements Reply {
    /** One of them; reason null: answered. */
    public record Outcome(long sequence, Answer answer, Reason reason, String message) {}

    private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();

    @Override
    public void answered(long sequence, Answer answer) {
        outcomes.add(new Outcome(sequence, answer, null, ""));
    }

    @Override
    public void failed(long sequence, Reason reason, String message) {
        outcomes.add(new Outcome(sequence, null, reason, message));
    }

    /** The next one; fails a test that waits for more than ten seconds. */
    public Outcome next() throws InterruptedException {
        Outcome next = outcomes.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no outcome within ten seconds");
        }
        return next;
    }

    /** So many, in their order. */
    public List<Outcome> next(int count) throws InterruptedException {
        List<Outcome> all = new ArrayList<>();
        while (all.size() < count) {
            all.add(next());
        }
        return all;
    }

    /** Outcomes that nobody looked at yet. */
    public int size() {
        return outcomes.size();
    }
}
