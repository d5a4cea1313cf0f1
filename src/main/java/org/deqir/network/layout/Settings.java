/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Typed access to a configuration whose values came from YAML or JSON. */
public final class Settings {

    private final String layout;
    private final Map<String, ?> map;
    private final Set<String> known = new HashSet<>();

    Settings(String layout, Map<String, ?> map) {
        this.layout = layout;
        this.map = map;
    }

    int integer(String key) {
        return toInteger(key, needed(key));
    }

    int integer(String key, int otherwise) {
        return find(key) == null ? otherwise : integer(key);
    }

    boolean flag(String key, boolean otherwise) {
        final Object value = find(key);
        if (value == null) return otherwise;
        if (value instanceof Boolean flag) return flag;
        throw unfit(key, value, "true or false");
    }

    List<Integer> integers(String key) {
        final List<Integer> result = new ArrayList<>();
        for (Object value : list(key)) result.add(toInteger(key, value));
        return result;
    }

    List<Double> numbers(String key) {
        final List<Double> result = new ArrayList<>();
        for (Object value : list(key)) {
            if (!(value instanceof Number number)) throw unfit(key, value, "numbers");
            result.add(number.doubleValue());
        }
        return result;
    }

    /** Declares keys that may be there and mean nothing here. */
    void ignore(String... keys) {
        known.addAll(Arrays.asList(keys));
    }

    void requireNoOthers() {
        for (String key : map.keySet())
            if (!known.contains(key))
                throw new IllegalArgumentException(
                        "A network of layout " + layout + " has no setting " + key + ".");
    }

    private Object find(String key) {
        known.add(key);
        return map.get(key);
    }

    private Object needed(String key) {
        final Object value = find(key);
        if (value == null)
            throw new IllegalArgumentException(
                    "A network of layout " + layout + " needs the setting " + key + ".");
        return value;
    }

    private List<?> list(String key) {
        final Object value = needed(key);
        if (value instanceof List<?> list) return list;
        throw unfit(key, value, "a list");
    }

    private static int toInteger(String key, Object value) {
        if (value instanceof Number number
                && number.doubleValue() == Math.rint(number.doubleValue())
                && Math.abs(number.doubleValue()) <= Integer.MAX_VALUE) return number.intValue();
        throw unfit(key, value, "an integer");
    }

    /** Numbers as integers where all of them are. */
    static List<? extends Number> plain(List<Double> numbers) {
        return numbers.stream().allMatch(n -> n == Math.rint(n))
                ? numbers.stream().map(Double::intValue).toList()
                : numbers;
    }

    /** Bounds keep a wrong file from asking for a network that no computer could hold. */
    static void requireRange(String key, int value, int most) {
        require(value >= 1 && value <= most, key, value, "1 to " + most);
    }

    /** Group normalization works on 32 groups of channels. */
    static void requireGroups(String key, int channels) {
        require(
                channels > 0 && channels % 32 == 0,
                key,
                channels + " channels",
                "a number of channels divisible by 32");
    }

    static void require(boolean fits, String key, Object value, String accepted) {
        if (!fits) throw unfit(key, value, accepted);
    }

    private static IllegalArgumentException unfit(String key, Object value, String accepted) {
        return new IllegalArgumentException(
                "The network's setting %s is %s; accepted: %s."
                        .formatted(key, printable(value), accepted));
    }

    /** Lists from a file may hold themselves, so that only numbers and texts are shown. */
    private static String printable(Object value) {
        if (value instanceof List<?> list && !list.stream().allMatch(Settings::isScalar)
                || !(value instanceof List) && !isScalar(value)) return "something else";
        return value.toString();
    }

    private static boolean isScalar(Object value) {
        return value instanceof Number || value instanceof Boolean || value instanceof String;
    }
}
