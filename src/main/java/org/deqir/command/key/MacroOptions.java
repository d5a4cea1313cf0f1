/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import ij.ImagePlus;
import ij.macro.Interpreter;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.scijava.convert.ConvertService;
import org.scijava.module.Module;
import org.scijava.module.ModuleInfo;
import org.scijava.module.ModuleItem;
import org.scijava.util.Types;
import org.scijava.widget.Button;

/**
 * The options of a macro's {@code run("DeqIR ...", "key=value key=[a value] flag")}.
 *
 * <p>They are read from left to right, so that whatever stands in brackets is a value. ImageJ's own
 * {@code Macro.getValue} searches the whole text for each key and finds keys inside of values, and
 * nobody notices a key that is never asked for.
 */
public final class MacroOptions {

    private static final String BARE = null;

    /**
     * Values by key in the order of the text, the first one if there are several, {@link #BARE} for
     * a word without {@code =}.
     */
    private final Map<String, String> values = new LinkedHashMap<>();

    private final String text;
    private int next;

    /**
     * @param text options as a macro writes them; null or empty if there are none
     * @throws IllegalArgumentException if a bracket is not closed
     */
    public MacroOptions(String text) {
        this.text = text == null ? "" : text;
        while (skipSpaces()) {
            final String key = until('=');
            final boolean bare = next == this.text.length() || this.text.charAt(next) != '=';
            if (!bare) next++;
            values.putIfAbsent(key, bare ? BARE : variable(value(key)));
        }
    }

    private boolean skipSpaces() {
        while (next < text.length() && text.charAt(next) == ' ') next++;
        return next < text.length();
    }

    /** Reads up to a character or a space, whichever comes first, and stays there. */
    private String until(char end) {
        final int start = next;
        while (next < text.length() && text.charAt(next) != end && text.charAt(next) != ' ') next++;
        return text.substring(start, next);
    }

    private String value(String key) {
        if (text.startsWith("[", next)) {
            final int end = closingBracket(key);
            final String value = text.substring(next + 1, end);
            next = end + 1;
            return value;
        }
        final int quote = text.startsWith("'", next) ? text.indexOf('\'', next + 1) : -1;
        if (quote < 0) return until(' ');
        final String value = text.substring(next + 1, quote);
        next = quote + 1;
        return value;
    }

    /** The value of a macro's variable if {@code &name} stands for one, as in ImageJ's dialogs. */
    private static String variable(String value) {
        final Interpreter macro = value.startsWith("&") ? Interpreter.getInstance() : null;
        final String variable =
                macro == null ? null : macro.getVariableAsString(value.substring(1));
        return variable == null ? value : variable;
    }

    private int closingBracket(String key) {
        int depth = 0;
        for (int i = next; i < text.length(); i++) {
            if (text.charAt(i) == '[') depth++;
            if (text.charAt(i) == ']' && --depth == 0) return i;
        }
        throw new IllegalArgumentException(
                "The value of %s has no closing bracket: '%s'."
                        .formatted(key, text.substring(next).strip()));
    }

    /** {@return the value of a key, or null if it is not given} */
    public String get(String key) {
        return values.get(key);
    }

    /**
     * Sets the inputs whose keys are given, except images, and marks them as resolved.
     *
     * @throws IllegalArgumentException if a key is unknown or a value is not of its input's type
     */
    public void fill(Module module, ConvertService converters) {
        values.keySet().forEach(key -> check(module.getInfo(), key));
        for (final ModuleItem<?> input : keys(module.getInfo())) {
            final String name = input.getName();
            if (!values.containsKey(name) || input.getType() == ImagePlus.class) continue;
            module.setInput(name, convert(input, values.get(name), converters));
            module.resolveInput(name);
        }
    }

    private static List<ModuleItem<?>> keys(ModuleInfo command) {
        return Keys.of(command).stream().filter(item -> item.getType() != Button.class).toList();
    }

    private void check(ModuleInfo command, String key) {
        final List<ModuleItem<?>> keys = keys(command);
        final ModuleItem<?> input = command.getInput(key);
        final boolean bare = values.get(key) == BARE;
        if (input == null || !keys.contains(input)) {
            final String nearest =
                    keys.stream()
                            .map(ModuleItem::getName)
                            .min(Comparator.comparingInt(name -> distance(name, key)))
                            .orElse("none");
            throw new IllegalArgumentException(
                    String.format(
                            "The key '%s' is unknown: the nearest one is '%s'.%s",
                            key, nearest, bare ? " A value with spaces needs [brackets]." : ""));
        }
        if (bare && Types.box(input.getType()) != Boolean.class)
            throw new IllegalArgumentException(
                    "The key '" + key + "' has no value: write " + key + "=value.");
    }

    /** How many letters differ: Levenshtein's distance, upper and lower case being half as far. */
    private static int distance(String known, String given) {
        int[] row = new int[given.length() + 1];
        for (int j = 0; j < row.length; j++) row[j] = 2 * j;
        for (int i = 1; i <= known.length(); i++) {
            final int[] above = row;
            row = new int[above.length];
            row[0] = 2 * i;
            for (int j = 1; j < row.length; j++) {
                final String a = known.substring(i - 1, i);
                final String b = given.substring(j - 1, j);
                final int cost = a.equals(b) ? 0 : a.equals(b.toLowerCase(Locale.ROOT)) ? 1 : 2;
                row[j] = Math.min(above[j - 1] + cost, 2 + Math.min(above[j], row[j - 1]));
            }
        }
        return row[given.length()];
    }

    private static Object convert(ModuleItem<?> input, String value, ConvertService converters) {
        final Class<?> type = Types.box(input.getType());
        if (value == BARE) return true;
        final boolean flag = type == Boolean.class;
        final Object converted =
                flag && !value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")
                        ? null
                        : converters.convert(value, type);
        if (converted == null)
            throw new IllegalArgumentException(
                    "The macro option %s=%s is not understood: %s is expected."
                            .formatted(input.getName(), value, expected(type)));
        return converted;
    }

    private static String expected(Class<?> type) {
        if (type == Boolean.class) return "true or false";
        if (type == Double.class || type == Float.class) return "a number";
        if (Number.class.isAssignableFrom(type)) return "a whole number";
        return "a value of type " + type.getSimpleName();
    }
}
