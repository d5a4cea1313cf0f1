/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Typed access to a mapping of a YAML file; what does not fit is reported by its path. */
public final class YamlSection {

    private final String path;
    private final Map<String, Object> values;

    private YamlSection(String path, Map<String, Object> values) {
        this.path = path;
        this.values = values;
    }

    static YamlSection of(String path, Object object) {
        if (!(object instanceof Map<?, ?> map))
            throw new IllegalArgumentException(
                    sentence(path, " is not a list of keys and values."));
        final Map<String, Object> values = new LinkedHashMap<>();
        map.forEach(
                (key, value) -> {
                    // Lists as keys may hold themselves, or far more than the file.
                    if (!isScalar(key))
                        throw new IllegalArgumentException(
                                sentence(path, " has a key that is not a plain text."));
                    values.put(key.toString(), value);
                });
        return new YamlSection(path, values);
    }

    private static boolean isScalar(Object value) {
        return value instanceof String || value instanceof Number || value instanceof Boolean;
    }

    private static String sentence(String path, String predicate) {
        return Character.toUpperCase(path.charAt(0)) + path.substring(1) + predicate;
    }

    /** {@return all values of the section, by key} */
    public Map<String, Object> values() {
        return values;
    }

    /** {@return whether the section has a value under a key} */
    public boolean has(String key) {
        return values.get(key) != null;
    }

    /** {@return the text under a key, which must be there} */
    public String text(String key) {
        final Object value = needed(key);
        if (!isScalar(value)) throw unfit(key, "a text");
        return value.toString();
    }

    double number(String key) {
        if (needed(key) instanceof Number number) return number.doubleValue();
        throw unfit(key, "a number");
    }

    int integer(String key) {
        if (needed(key) instanceof Integer number) return number;
        throw unfit(key, "an integer");
    }

    /** {@return the section under a key, which must be there} */
    public YamlSection section(String key) {
        return of(pathOf(key), needed(key));
    }

    /** {@return a list of sections with at least one element} */
    public List<YamlSection> sections(String key) {
        if (!(needed(key) instanceof List<?> list) || list.isEmpty())
            throw unfit(key, "a list that is not empty");
        final List<YamlSection> result = new ArrayList<>();
        for (Object element : list) result.add(of(pathOf(key), element));
        return result;
    }

    private Object needed(String key) {
        final Object value = values.get(key);
        if (value == null)
            throw new IllegalArgumentException("The descriptor lacks " + pathOf(key) + ".");
        return value;
    }

    private String pathOf(String key) {
        return path.startsWith("the ") ? key : path + "." + key;
    }

    private IllegalArgumentException unfit(String key, String accepted) {
        return new IllegalArgumentException(
                "In the descriptor, " + pathOf(key) + " is not " + accepted + ".");
    }
}
