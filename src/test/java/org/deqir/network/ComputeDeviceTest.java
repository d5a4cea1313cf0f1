/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The choice of a device, on computers that are not this one. */
class ComputeDeviceTest {

    private static ComputeDevice choose(String wanted, String usable) {
        final Set<ComputeDevice> devices = EnumSet.of(ComputeDevice.CPU);
        if (usable.contains("cuda")) devices.add(ComputeDevice.CUDA);
        if (usable.contains("mps")) devices.add(ComputeDevice.MPS);
        return ComputeDevice.of(wanted, devices::contains, () -> "PyTorch 0.0 (/torch)");
    }

    @ParameterizedTest
    @CsvSource({
        "cpu, nothing, CPU",
        "cpu, cuda, CPU",
        "auto, nothing, CPU",
        "auto, cuda, CUDA",
        "auto, mps, CPU",
        "gpu, cuda, CUDA",
        "gpu, mps, MPS",
        "cuda, cuda, CUDA",
        "mps, mps, MPS"
    })
    void theDeviceIsTheOneAskedFor(String wanted, String usable, ComputeDevice expected) {
        assertEquals(expected, choose(wanted, usable));
    }

    @ParameterizedTest
    @CsvSource({
        "gpu, nothing, cpu",
        "cuda, nothing, cpu",
        "mps, nothing, cpu",
        "cuda, mps, 'cpu, mps'",
        "mps, cuda, 'cpu, cuda'"
    })
    void aMissingDeviceIsToldWithThoseThatThereAre(String wanted, String usable, String found) {
        final String message =
                assertThrows(IllegalArgumentException.class, () -> choose(wanted, usable))
                        .getMessage();
        assertTrue(
                message.startsWith(
                        "device = '"
                                + wanted
                                + "': PyTorch 0.0 (/torch) finds only "
                                + found
                                + ";"),
                message);
    }

    @Test
    void unknownWordsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> choose("tpu", "cuda"));
    }

    @Test
    void theInstalledPyTorchComputesOnTheProcessor() {
        assertTrue(TorchEngine.canUse(ComputeDevice.CPU));
        assertEquals(ComputeDevice.CPU, ComputeDevice.of("cpu"));
        assertTrue(TorchEngine.describeLibrary().startsWith("PyTorch 2."));
        if (!System.getProperty("os.name").startsWith("Mac"))
            assertFalse(TorchEngine.canUse(ComputeDevice.MPS));
    }
}
