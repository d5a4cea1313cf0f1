/**
 * Performance figures, measured by {@code mvn -Pbenchmark verify} and by nothing else: no unit test
 * asserts a time.
 *
 * <p>A benchmark is a JUnit class whose name ends in {@code Benchmark}. It hands its figures to
 * {@link org.deqir.benchmark.BenchmarkResults}, ratios rather than times where it can, with both
 * sides measured in turn in the same run ({@link org.deqir.benchmark.Timing}).
 */
package org.deqir.benchmark;
