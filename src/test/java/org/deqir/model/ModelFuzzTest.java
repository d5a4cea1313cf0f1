/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.deqir.testing.Fuzzer;

/** Whatever the bytes, the readers of a model's small files read or refuse them. */
class ModelFuzzTest {

    private static final int TRIES = 2_000;

    private static final String[] YAML_WORDS = {
        ": ",
        "\n",
        "\n- ",
        "  ",
        "? ",
        "&a ",
        "*a",
        "<<: *a",
        "!!set ",
        "!!omap ",
        "!!binary ",
        "!!timestamp ",
        "!!java.net.URL ",
        "!!float ",
        "!!int ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "'",
        "\"",
        "|\n",
        ">\n",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "~",
        "null",
        ".nan",
        ".inf",
        "1e400",
        "0x7fffffff",
        "1_000",
        "1:30",
        "2001-01-01",
        "-1",
        "99999999999999999999",
        "yes",
        "#",
        "\u0085",
        "\0",
        "[*a, *a]",
        "format_version: 0.5.3",
        "config:",
        "deqir:",
        "weights:"
    };

    private static Fuzzer fuzzer(String reader) {
        return switch (reader) {
            case "descriptor" ->
                    new Fuzzer(
                                    reader,
                                    IllegalArgumentException.class,
                                    (bytes, step) ->
                                            ModelDescriptor.parse(
                                                    new String(bytes, StandardCharsets.UTF_8)),
                                    YAML_WORDS)
                            // SnakeYAML makes many short-lived objects.
                            .allowing(5_000);
            case "npy" ->
                    new Fuzzer(
                            reader,
                            ModelException.class,
                            (bytes, step) -> {
                                try {
                                    NumpyFile.read(new ByteArrayInputStream(bytes));
                                } catch (IOException e) {
                                    throw new ModelException("It is " + e.getMessage() + ".", e);
                                }
                            },
                            "(",
                            ")",
                            ",",
                            "'shape': (",
                            "'descr': '<f4'",
                            "999999999",
                            "0, ");
            default -> throw new IllegalArgumentException(reader);
        };
    }

    private static final Fuzzer DESCRIPTOR = fuzzer("descriptor");
    private static final Fuzzer NPY = fuzzer("npy");

    @Provide
    Arbitrary<byte[]> descriptors() {
        return Arbitraries.randomValue(DESCRIPTOR::next);
    }

    @Provide
    Arbitrary<byte[]> arrays() {
        return Arbitraries.randomValue(NPY::next);
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void readsOrRefusesAnyDescriptor(@ForAll("descriptors") byte[] file) {
        DESCRIPTOR.check(file);
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void readsOrRefusesAnyArray(@ForAll("arrays") byte[] file) {
        NPY.check(file);
    }

    /**
     * Checks inputs for some time.
     *
     * @param arguments the reader, seconds, the seed, and a folder for what was learnt
     */
    public static void main(String[] arguments) throws IOException {
        System.out.println(
                fuzzer(arguments[0])
                        .run(
                                Long.parseLong(arguments[2]),
                                Double.parseDouble(arguments[1]),
                                Path.of(arguments[3])));
    }
}
