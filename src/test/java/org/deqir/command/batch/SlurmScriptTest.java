/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script for SLURM, with programs in the place of SLURM's and Spark's that note their calls.
 */
class SlurmScriptTest {

    private static final Path SCRIPT =
            Path.of("src", "spark", "bin", "deqir-blocks.slurm").toAbsolutePath();

    @TempDir Path folder;
    private Path calls;

    @BeforeEach
    void layOut() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "there is no bash here");
        calls = folder.resolve("calls");
        Files.createDirectories(folder.resolve("spark"));
        Files.createDirectories(folder.resolve("ImageJ.app"));
        Files.createDirectories(folder.resolve("bin"));
        // Master and workers run until they are stopped, and note that too.
        for (final String program : new String[] {"start-master", "start-worker"})
            program(
                    "spark/" + program,
                    "trap 'echo stopped "
                            + program
                            + " >> "
                            + calls
                            + "; kill $!; exit' TERM\nsleep 60 &\n"
                            + note(program)
                            + "wait");
        program(
                "ImageJ.app/deqir-blocks",
                note("deqir-blocks \"$JAVA_OPTS\"")
                        + "for i in {1..99}; do grep -q ^start-worker "
                        + calls
                        + " && exit 3; sleep 0.1; done; exit 4");
        program("bin/srun", note("srun") + "exec \"$@\"");
        program("bin/sleep", "[ \"$1\" = 5 ] && exec /bin/sleep 1; exec /bin/sleep \"$@\"");
    }

    private String note(String what) {
        return "echo " + what + " \"$@\" >> " + calls + "\n";
    }

    private void program(String name, String text) throws IOException {
        final Path file = folder.resolve(name);
        Files.writeString(file, "#!/bin/bash\n" + text + "\n");
        assertTrue(file.toFile().setExecutable(true));
    }

    private int script(Map<String, String> environment, String... arguments) throws Exception {
        final String[] command = new String[arguments.length + 2];
        command[0] = "/bin/bash";
        command[1] = SCRIPT.toString();
        System.arraycopy(arguments, 0, command, 2, arguments.length);
        final ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("out").toFile());
        builder.environment()
                .put("PATH", folder.resolve("bin") + File.pathSeparator + System.getenv("PATH"));
        builder.environment().putAll(environment);
        final Process process = builder.start();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "the script did not end");
        return process.exitValue();
    }

    @Test
    void aClusterIsStartedInTheJobAndStoppedWithIt() throws Exception {
        final int code =
                script(
                        Map.of(
                                "SLURM_SUBMIT_DIR", folder.resolve("spark").toString(),
                                "SLURM_CPUS_PER_TASK", "6",
                                "SLURM_JOB_ID", "17",
                                "SPARK_MASTER_PORT", "7099"),
                        "/shared/out.ome.zarr");
        assertEquals(3, code, "the exit code is that of deqir-blocks");
        for (int i = 0; i < 100 && text().split("stopped").length < 3; i++) Thread.sleep(100);
        final String text = text();
        final String host = text.replaceAll("(?s).*start-master --host (\\S+).*", "$1");
        final String master = "spark://" + host + ":7099";
        assertTrue(text.contains("start-master --host " + host + " --port 7099\n"), text);
        assertTrue(
                text.contains(
                        "srun "
                                + folder.resolve("spark/start-worker")
                                + " --cores 6 --memory 12G "
                                + master),
                text);
        assertTrue(text.contains("start-worker --cores 6 --memory 12G " + master), text);
        assertTrue(
                text.contains(
                        "deqir-blocks -Dspark.executor.memory=12G  run -o /shared/out.ome.zarr"
                                + " --spark "
                                + master),
                text);
        assertTrue(text.contains("stopped start-master"), text);
        assertTrue(text.contains("stopped start-worker"), text);
        assertTrue(Files.exists(folder.resolve("master-17.log")));
    }

    @Test
    void wrongUseIsTold() throws Exception {
        assertFalse(script(Map.of()) == 0);
        assertTrue(out().contains("Usage: sbatch"), out());
        assertEquals(2, script(Map.of("DEQIR_SPARK", folder.toString()), "out.ome.zarr"));
        assertTrue(out().contains("set DEQIR_SPARK"), out());
        assertFalse(Files.exists(calls));
    }

    private String text() throws IOException {
        return Files.readString(calls, StandardCharsets.UTF_8);
    }

    private String out() throws IOException {
        return Files.readString(folder.resolve("out"), StandardCharsets.UTF_8);
    }
}
