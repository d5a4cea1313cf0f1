/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The figures of the benchmarks, by flat keys, with the machine and the commit they belong to.
 *
 * <p>Written to {@code target/benchmark/results.json} and, as a table, to {@code
 * target/benchmark/results.md} as soon as they are known. Figures of earlier runs stay, so that
 * benchmarks can be run one by one, but only if they are of the same commit and machine.
 */
public final class BenchmarkResults {

    private static final Path FOLDER = Path.of("target", "benchmark");
    private static final Path FILE = FOLDER.resolve("results.json");
    private static final Path TABLE = FOLDER.resolve("results.md");
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

    private BenchmarkResults() {}

    /**
     * Records a figure; an earlier one of the same key is replaced.
     *
     * @param key letters, digits and {@code . _ -}, unique among all benchmarks
     * @param value must be finite
     */
    public static synchronized void put(String key, double value) {
        if (!key.matches("[A-Za-z0-9._-]+"))
            throw new IllegalArgumentException("\"" + key + "\" is no key of a figure.");
        if (!Double.isFinite(value))
            throw new IllegalArgumentException(key + " = " + value + " is no figure.");
        final JsonObject results = figuresOfThisCommit();
        results.addProperty(key, value);
        results.addProperty("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        try {
            Files.createDirectories(FOLDER);
            Files.writeString(FILE, GSON.toJson(results) + "\n");
            Files.writeString(TABLE, table(results));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.out.println(line(key, value));
    }

    /** What is in the file already, if it is of this commit on this machine. */
    private static JsonObject figuresOfThisCommit() {
        final JsonObject fresh = new JsonObject();
        fresh.addProperty("commit", commit());
        Machine.facts().forEach(fresh::addProperty);
        if (!Files.isRegularFile(FILE)) return fresh;
        try {
            final JsonObject earlier =
                    JsonParser.parseString(Files.readString(FILE)).getAsJsonObject();
            for (final Map.Entry<String, JsonElement> fact : fresh.entrySet())
                if (!fact.getValue().equals(earlier.get(fact.getKey()))) return fresh;
            return earlier;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The commit of the checkout; {@code -dirty} if it has changes. */
    private static String commit() {
        try {
            final Process git =
                    new ProcessBuilder("git", "describe", "--always", "--abbrev=40", "--dirty")
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            final String said =
                    new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
            return git.waitFor() == 0 ? said : "unknown";
        } catch (IOException e) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }

    private static String table(JsonObject results) {
        final StringBuilder facts = new StringBuilder();
        final Map<String, Double> figures = new TreeMap<>();
        for (final Map.Entry<String, JsonElement> entry : results.entrySet())
            if (entry.getValue().getAsJsonPrimitive().isNumber())
                figures.put(entry.getKey(), entry.getValue().getAsDouble());
            else
                facts.append(entry.getKey())
                        .append(": ")
                        .append(entry.getValue().getAsString())
                        .append("  \n");
        final StringBuilder table =
                new StringBuilder(facts).append("\n| figure | value |\n|---|---|\n");
        figures.forEach((key, value) -> table.append(line(key, value)).append('\n'));
        return table.toString();
    }

    private static String line(String key, double value) {
        final String shown =
                value == Math.rint(value) && Math.abs(value) < 1e9
                        ? String.valueOf((long) value)
                        : String.format(Locale.ROOT, "%.4g", value);
        return "| " + key + " | " + shown + " |";
    }

    /** Prints the table of all figures. */
    public static void main(String[] args) throws IOException {
        if (Files.isRegularFile(TABLE)) System.out.println("\n" + Files.readString(TABLE));
    }
}
