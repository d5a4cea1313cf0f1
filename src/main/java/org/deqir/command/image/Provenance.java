/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How a result came about, as lines {@code DeqIR key: value} at the top of the image's info (Image
 * ▸ Show Info). A macro reads one with {@code Property.get("DeqIR key")}.
 */
public final class Provenance {

    private final List<String> lines = new ArrayList<>();

    /** Adds a line, in which a value of several lines becomes one, and returns this. */
    public Provenance add(String key, Object value) {
        lines.add("DeqIR " + key + ": " + String.valueOf(value).replaceAll("\\s*\\R\\s*", "; "));
        return this;
    }

    /** Adds a line {@code key: value} and returns this. */
    public Provenance addLine(String line) {
        lines.add("DeqIR " + line);
        return this;
    }

    /** Adds a number with four significant digits and returns this. */
    public Provenance add(String key, double value) {
        return add(key, number(value));
    }

    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? String.valueOf((long) value)
                : String.format(Locale.ROOT, "%.4g", value);
    }

    /** Puts the lines before the info that the image has. */
    public void writeTo(ImagePlus image) {
        final Object info = image.getProperty("Info");
        final String own = String.join("\n", lines) + "\n";
        image.setProperty("Info", info instanceof String text ? own + "\n" + text : own);
    }
}
