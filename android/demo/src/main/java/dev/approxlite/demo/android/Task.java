package dev.approxlite.demo.android;

import dev.approxlite.demo.R;

/** What the demo recognises. Its assets are {@code NAME.tflite} and {@code NAME.approx}. */
enum Task {
    ACTIVITY("activity", R.array.activities),
    KEYWORD("keyword", R.array.words);

    final String asset;
    /** Names of the model's answers. */
    final int labels;

    Task(String asset, int labels) {
        this.asset = asset;
        this.labels = labels;
    }
}
