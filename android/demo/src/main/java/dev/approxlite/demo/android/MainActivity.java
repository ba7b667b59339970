package dev.approxlite.demo.android;

import android.Manifest;
import android.app.Activity;
import android.content.pm.PackageManager;
import android.os.Build;
import android.os.Bundle;
import android.view.View;
import android.widget.AdapterView;
import android.widget.ArrayAdapter;
import android.widget.Spinner;
import android.widget.Switch;
import android.widget.TextView;
import dev.approxlite.demo.R;
import dev.approxlite.demo.live.Pin;
import dev.approxlite.demo.live.Reading;
import dev.approxlite.demo.live.Savings;
import dev.approxlite.policy.Policy;
import java.util.ArrayList;
import java.util.List;

/** Shows what is recognised, by which rung, why, what it saved, and what the guard found; a person may pin a rung. */
public final class MainActivity extends Activity {
    /** Replaced by tests. */
    static Parts parts = new PhoneParts();

    private static final int MICROPHONE = 1;
    private static final int NOTIFICATIONS = 2;
    private static final int NOTIFICATIONS_ARE_ASKED_FOR = 33;
    private static final String POST_NOTIFICATIONS = "android.permission.POST_NOTIFICATIONS";
    private static final String TASK = "task";
    private static final String PIN = "pin";

    private final LiveTask.Listener listener = new LiveTask.Listener() {
        @Override
        public void ready(Policy policy) {
            offerPins(policy);
        }

        @Override
        public void read(Reading reading) {
            show(reading);
        }

        @Override
        public void cannotRun(String why) {
            result.setText(getString(R.string.cannot_run, why));
        }

        @Override
        public void noSensor() {
            result.setText(R.string.no_sensor);
        }
    };

    private TextView result;
    private Spinner tasks;
    private Spinner pins;
    private Switch background;
    private Task task = Task.ACTIVITY;
    private Pin pin = Pin.AUTO;
    private List<Pin> offered = List.of();
    private LiveTask live;
    private boolean visible;

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        setContentView(R.layout.main);
        result = findViewById(R.id.result);
        pins = findViewById(R.id.pin);
        if (saved != null) {
            task = Task.values()[saved.getInt(TASK)];
            pin = new Pin(saved.getInt(PIN));
        }
        tasks = findViewById(R.id.task);
        background = findViewById(R.id.background);
        background.setOnCheckedChangeListener((view, checked) -> goOn(checked));
        tasks.setSelection(task.ordinal());
        tasks.setOnItemSelectedListener(new Chosen(at -> choose(Task.values()[at])));
        pins.setOnItemSelectedListener(new Chosen(this::choosePin));
    }

    @Override
    protected void onSaveInstanceState(Bundle saved) {
        super.onSaveInstanceState(saved);
        saved.putInt(TASK, task.ordinal());
        saved.putInt(PIN, pin.rung());
    }

    @Override
    protected void onStart() {
        super.onStart();
        visible = true;
        if (SensingService.kept() != null) {
            adopt(SensingService.kept());
        } else {
            endedUnseen(); // which may have been while nobody looked
            start();
        }
    }

    @Override
    protected void onStop() {
        visible = false;
        if (SensingService.kept() != null) {
            SensingService.tell(() -> {});
            live.listen(null);
            live = null;
        } else {
            stop();
        }
        super.onStop();
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] permissions, int[] results) {
        if (request != MICROPHONE || task != Task.KEYWORD) {
            return;
        }
        if (results.length == 1 && results[0] == PackageManager.PERMISSION_GRANTED) {
            start();
        } else {
            result.setText(R.string.no_permission);
        }
    }

    private void choose(Task chosen) {
        if (chosen != task) {
            stop();
            task = chosen;
            pin = Pin.AUTO;
            start();
        }
    }

    private void start() {
        if (!visible || live != null) {
            return;
        }
        if (task == Task.KEYWORD
                && checkSelfPermission(Manifest.permission.RECORD_AUDIO) != PackageManager.PERMISSION_GRANTED) {
            requestPermissions(new String[] {Manifest.permission.RECORD_AUDIO}, MICROPHONE);
            return;
        }
        live = new LiveTask(task, parts, this, pin, listener);
        background.setEnabled(true);
    }

    /** Takes back what went on while nobody looked. */
    private void adopt(SensingService.Kept kept) {
        SensingService.tell(this::endedUnseen);
        task = kept.task();
        live = kept.live();
        pin = live.pinned();
        tasks.setSelection(task.ordinal());
        background.setEnabled(true);
        background.setChecked(true);
        live.listen(listener);
    }

    private void goOn(boolean unseen) {
        if (unseen == (SensingService.kept() != null)) {
            return;
        }
        if (!unseen) {
            SensingService.release(this);
            return;
        }
        if (Build.VERSION.SDK_INT >= NOTIFICATIONS_ARE_ASKED_FOR
                && checkSelfPermission(POST_NOTIFICATIONS) != PackageManager.PERMISSION_GRANTED) {
            requestPermissions(new String[] {POST_NOTIFICATIONS}, NOTIFICATIONS); // it goes on without them, too
        }
        SensingService.keep(this, task, live, this::endedUnseen);
    }

    private void endedUnseen() {
        background.setChecked(false);
    }

    private void stop() {
        background.setChecked(false);
        background.setEnabled(false);
        if (live != null) {
            live.stop();
            live = null;
        }
        for (int each : new int[] {R.id.rung, R.id.why, R.id.where, R.id.saved, R.id.guard}) {
            set(each, "");
        }
        offer(List.of(), List.of()); // with nothing at work there is nothing to pin
        result.setText(R.string.waiting);
    }

    private void offerPins(Policy policy) {
        List<String> names = new ArrayList<>(List.of(getString(R.string.pin_auto), getString(R.string.pin_exact)));
        List<Pin> each = new ArrayList<>(List.of(Pin.AUTO, Pin.exact(policy)));
        for (int rung = 0; rung < policy.ladder().size(); ++rung) {
            if (rung != policy.exactRung()) {
                names.add(getString(R.string.pin_rung, rung, policy.ladder().get(rung).configuration()));
                each.add(new Pin(rung));
            }
        }
        offer(each, names);
    }

    private void offer(List<Pin> each, List<String> names) {
        offered = each;
        ArrayAdapter<String> adapter = new ArrayAdapter<>(this, android.R.layout.simple_spinner_item, names);
        adapter.setDropDownViewResource(android.R.layout.simple_spinner_dropdown_item);
        pins.setAdapter(adapter);
        pins.setSelection(Math.max(0, offered.indexOf(pin)));
    }

    private void choosePin(int at) {
        if (at < offered.size() && !offered.get(at).equals(pin)) {
            pin = offered.get(at);
            live.pin(pin);
        }
    }

    private void show(Reading reading) {
        String label = getResources().getStringArray(task.labels)[reading.label()];
        String[] reasons = getResources().getStringArray(R.array.reasons);
        result.setText(getString(R.string.result_value, label, percent(reading.confidence())));
        set(R.id.rung, getString(
                R.string.rung_value, reading.rung(), reading.configuration(), reading.latencyMs()));
        set(R.id.why, getString(R.string.why_value, reasons[reading.chosen()], reasons[reading.reason()]));
        set(R.id.where, where(reading));
        boolean energy = reading.unit() == Savings.Unit.ENERGY;
        set(R.id.saved, getString(
                energy ? R.string.saved_energy : R.string.saved_time, percent(reading.saved())));
        set(R.id.guard, guard(reading));
    }

    private String where(Reading reading) {
        if (reading.byService()) {
            return getString(R.string.where_service);
        }
        return reading.refusal() == null
                ? getString(R.string.where_app)
                : getString(R.string.where_refused, getResources().getStringArray(R.array.refusals)[
                        reading.refusal().ordinal()]);
    }

    private String guard(Reading reading) {
        if (reading.alarm() != 0) {
            return getString(
                    R.string.guard_alarm, getResources().getStringArray(R.array.alarms)[reading.alarm()]);
        }
        return reading.checks() == 0
                ? getString(R.string.guard_none)
                : getString(R.string.guard_value, reading.disagreements(), reading.checks());
    }

    private static long percent(double share) {
        return Math.round(100 * share);
    }

    private void set(int view, String text) {
        TextView shown = findViewById(view);
        shown.setText(text);
    }

    private record Chosen(java.util.function.IntConsumer take) implements AdapterView.OnItemSelectedListener {
        @Override
        public void onItemSelected(AdapterView<?> parent, View view, int at, long id) {
            take.accept(at);
        }

        @Override
        public void onNothingSelected(AdapterView<?> parent) {}
    }
}
