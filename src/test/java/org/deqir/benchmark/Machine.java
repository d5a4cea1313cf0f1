/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deqir.network.TorchEngine;

/** What a figure depends on beside the code. */
final class Machine {

    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

    /** Instructions that decide how fast networks run. */
    private static final List<String> OF_INTEREST =
            List.of(
                    "avx2",
                    "avx512f",
                    "avx512_vnni",
                    "avx512_bf16",
                    "avx512_fp16",
                    "avx_vnni",
                    "amx_tile",
                    "amx_bf16",
                    "amx_int8",
                    "asimd",
                    "asimdhp",
                    "bf16",
                    "i8mm",
                    "sve");

    private Machine() {}

    /** Facts in words, in the order of a heading. */
    static Map<String, String> facts() {
        final Map<String, String> facts = new LinkedHashMap<>();
        final String processor = read(PROCESSOR);
        facts.put("machine", first(processor, "model name", System.getProperty("os.arch")));
        facts.put("processor_flags", flags(processor));
        facts.put("cores", String.valueOf(Runtime.getRuntime().availableProcessors()));
        facts.put("threads", String.valueOf(TorchEngine.threads()));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        facts.put("java", System.getProperty("java.version"));
        return facts;
    }

    private static String flags(String processor) {
        final String all = first(processor, "flags", first(processor, "Features", ""));
        final TreeSet<String> flags = new TreeSet<>(Arrays.asList(all.split("\\s+")));
        flags.retainAll(OF_INTEREST);
        return flags.isEmpty() ? "unknown" : String.join(" ", flags);
    }

    private static String first(String processor, String key, String otherwise) {
        final Matcher line =
                Pattern.compile("^" + key + "\\s*:\\s*(.*)$", Pattern.MULTILINE).matcher(processor);
        return line.find() ? line.group(1).trim() : otherwise;
    }

    private static String read(Path file) {
        try {
            return Files.isReadable(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return "";
        }
    }
}
