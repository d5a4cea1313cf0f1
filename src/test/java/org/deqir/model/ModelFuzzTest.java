/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.deqir.model.store.NumpyFile;
import org.deqir.testing.FuzzRun;
import org.deqir.testing.Fuzzer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the bytes, the readers of a model's small files read or refuse them. */
@Tag("slow")
class ModelFuzzTest {

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

    @ParameterizedTest
    @ValueSource(strings = {"descriptor", "npy"})
    void readsOrRefusesAnyFile(String reader) throws IOException {
        FuzzRun.of(fuzzer(reader), reader);
    }
}
