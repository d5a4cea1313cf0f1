/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.batch;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deqir.command.BlockTasks;

/**
 * Starts Spark's driver as a process of its own: its jars and options are not those of this
 * program, and Fiji has none of them.
 */
final class SparkLaunch {

    private static final String DRIVER = "org.deqir.spark.SparkDriver";
    private static final String OURS = "deqir-spark.jar";

    /** What Spark needs of Java 17, as its own launcher passes it. */
    private static final List<String> OPENED =
            List.of(
                    "java.lang",
                    "java.lang.invoke",
                    "java.lang.reflect",
                    "java.io",
                    "java.net",
                    "java.nio",
                    "java.util",
                    "java.util.concurrent",
                    "java.util.concurrent.atomic",
                    "jdk.internal.ref",
                    "sun.nio.ch",
                    "sun.nio.cs",
                    "sun.security.action",
                    "sun.util.calendar");

    /** Jars of the application that Spark has itself, or that would take its log over. */
    private static final List<String> NOT_WITH_SPARK =
            List.of("slf4j-", "zstd-jni-", "deqir-zstd-", "gson-", "commons-compress-");

    private SparkLaunch() {}

    /**
     * Runs an output's blocks on Spark.
     *
     * @param master as Spark names it
     * @param cores processor cores for each block
     * @return the exit code
     */
    static int run(Path output, String master, int cores) throws IOException {
        final Path jars = applicationJars();
        final Path home = sparkHome(jars);
        final List<String> ours = ours(jars, home);
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (final String name : OPENED)
            command.add("--add-opens=java.base/" + name + "=ALL-UNNAMED");
        command.add("-Djdk.reflect.useDirectMethodHandle=false");
        command.add("-Dio.netty.tryReflectionSetAccessible=true");
        command.add("-Dai.djl.offline=true");
        command.add("-DOPT_OUT_TRACKING=true");
        final Path log = home.resolve("log4j2.properties");
        if (Files.isRegularFile(log)) command.add("-Dlog4j2.configurationFile=" + log.toUri());
        final String more = System.getenv("JAVA_OPTS");
        if (more != null && !more.isBlank()) command.addAll(List.of(more.trim().split("\\s+")));
        command.add("-cp");
        command.add(
                String.join(File.pathSeparator, ours)
                        + File.pathSeparator
                        + home.resolve("jars").resolve("*"));
        command.add(DRIVER);
        command.add(output.toAbsolutePath().toString());
        command.add(master);
        command.add(Integer.toString(cores));
        command.add(master.startsWith("local") ? "" : String.join(File.pathSeparator, ours));
        final ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("OMP_NUM_THREADS", Integer.toString(cores));
        builder.environment().putIfAbsent("OMP_WAIT_POLICY", "PASSIVE");
        builder.environment().putIfAbsent("SPARK_LOCAL_IP", local(master) ? "127.0.0.1" : "");
        if (builder.environment().get("SPARK_LOCAL_IP").isEmpty())
            builder.environment().remove("SPARK_LOCAL_IP");
        try {
            return builder.start().waitFor();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The run was interrupted.", e);
        }
    }

    private static boolean local(String master) {
        return master.startsWith("local") || master.contains("127.0.0.1");
    }

    /** The folder of the jar that holds the commands. */
    private static Path applicationJars() throws IOException {
        try {
            final Path jar =
                    Path.of(
                            BlockTasks.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI());
            if (Files.isRegularFile(jar)) return jar.getParent();
        } catch (final URISyntaxException e) {
            throw new IOException(e);
        }
        throw new IOException("Spark runs the assembled application only: mvn package -Pspark.");
    }

    /** Spark's folder: beside the application, or SPARK_HOME. */
    private static Path sparkHome(Path jars) throws IOException {
        final Path beside = jars.getParent().resolveSibling("spark");
        if (Files.isDirectory(beside.resolve("jars"))) return beside.toRealPath();
        final String home = System.getenv("SPARK_HOME");
        if (home != null && Files.isDirectory(Path.of(home, "jars"))) return Path.of(home);
        throw new IOException(
                "There is no Spark: neither in "
                        + beside
                        + " (mvn package -Pspark puts it there) nor in SPARK_HOME.");
    }

    private static List<String> ours(Path jars, Path home) throws IOException {
        final Path adapter =
                Stream.of(home, jars.getParent().resolveSibling("spark"), jars)
                        .map(folder -> folder.resolve(OURS))
                        .filter(Files::isRegularFile)
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new IOException(
                                                OURS
                                                        + " is missing; mvn package -Pspark makes"
                                                        + " it in target/spark."));
        final List<String> ours = new ArrayList<>();
        ours.add(adapter.toString());
        try (Stream<Path> all = Files.list(jars)) {
            ours.addAll(
                    all.map(Path::toString)
                            .filter(name -> name.endsWith(".jar"))
                            .filter(
                                    name ->
                                            NOT_WITH_SPARK.stream()
                                                    .noneMatch(
                                                            Path.of(name).getFileName().toString()
                                                                    ::startsWith))
                            .sorted()
                            .collect(Collectors.toList()));
        }
        return ours;
    }
}
