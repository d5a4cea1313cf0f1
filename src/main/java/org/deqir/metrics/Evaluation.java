/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How well one plane of a known image was restored from a simulated measurement.
 *
 * @param image file name of the truth
 * @param slice number of the plane, from 1
 * @param slices planes of the file
 * @param seed with which the measurement was simulated
 * @param peak range of the signal in grey levels, for PSNR and SSIM
 * @param measuredPsnr PSNR of the measurement, decibel; NaN if it is no image of that size
 * @param restored the result against the truth
 * @param resolution pixels per period up to which the result agrees with the truth: where their
 *     {@link FourierRingCorrelation} falls below 1/2, or 2, the finest that pixels hold; NaN where
 *     undefined
 * @param seconds time of the restoration, for each plane its share of the file's
 */
public record Evaluation(
        String image,
        int slice,
        int slices,
        long seed,
        double peak,
        double measuredPsnr,
        ImageComparison restored,
        double resolution,
        double seconds) {

    /** Columns of a table, in this order, with figures of one kind in each. */
    public static final List<String> FIGURES =
            List.of(
                    "Peak",
                    "PSNR measured",
                    "PSNR",
                    "SI-PSNR",
                    "NRMSE",
                    "SSIM",
                    "Pearson",
                    "FRC (px)",
                    "Seconds");

    /** First line of a file with lines of {@link #line()}. */
    public static final String HEADER = "Image,Slice,Slices,Seed," + String.join(",", FIGURES);

    private static final Pattern LINE =
            Pattern.compile("\"((?:[^\"]|\"\")*)\",(\\d+),(\\d+),(-?\\d+),(.*)");

    /** {@return the figures by {@link #FIGURES}, in their order} */
    public Map<String, Double> figures() {
        final double[] values = {
            peak,
            measuredPsnr,
            restored.psnr(),
            restored.scaleInvariantPsnr(),
            restored.nrmse(),
            restored.ssim(),
            restored.pearson(),
            resolution,
            seconds
        };
        final Map<String, Double> figures = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) figures.put(FIGURES.get(i), values[i]);
        return figures;
    }

    /** {@return a line of comma-separated values, without its end} */
    public String line() {
        return '"'
                + image.replace("\"", "\"\"")
                + "\","
                + slice
                + ","
                + slices
                + ","
                + seed
                + ","
                + figures().values().stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /**
     * {@return the figures of one plane that {@link #line()} wrote}
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static Evaluation of(String line) {
        final Matcher parts = LINE.matcher(line);
        final double[] values =
                parts.matches()
                        ? Arrays.stream(parts.group(5).split(","))
                                .mapToDouble(Double::parseDouble)
                                .toArray()
                        : new double[0];
        if (values.length != FIGURES.size())
            throw new IllegalArgumentException("'" + line + "' is not the line of an evaluation.");
        return new Evaluation(
                parts.group(1).replace("\"\"", "\""),
                Integer.parseInt(parts.group(2)),
                Integer.parseInt(parts.group(3)),
                Long.parseLong(parts.group(4)),
                values[0],
                values[1],
                new ImageComparison(values[2], values[3], values[4], values[5], values[6]),
                values[7],
                values[8]);
    }

    /** {@return the mean of one of {@link #FIGURES} over planes that have it; NaN if none has} */
    public static double mean(List<Evaluation> all, String figure) {
        return Arrays.stream(finite(all, figure)).average().orElse(Double.NaN);
    }

    /**
     * {@return the sample standard deviation of one of {@link #FIGURES} over planes that have it;
     * NaN for fewer than two}
     */
    public static double deviation(List<Evaluation> all, String figure) {
        final double[] values = finite(all, figure);
        final double mean = mean(all, figure);
        final double sum = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return values.length < 2 ? Double.NaN : Math.sqrt(sum / (values.length - 1));
    }

    private static double[] finite(List<Evaluation> all, String figure) {
        return all.stream()
                .mapToDouble(row -> row.figures().get(figure))
                .filter(Double::isFinite)
                .toArray();
    }
}
