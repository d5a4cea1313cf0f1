/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import ai.djl.Device;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deqir.network.natives.NativeLibraries;

/**
 * What a network runs on. Everything else is computed by the processor.
 *
 * <p>The PyTorch that is installed with the plugin knows the processor and, on Macs with Apple
 * silicon, may know their graphics unit. For CUDA the user provides PyTorch's libraries, in the
 * folder that {@code PYTORCH_LIBRARY_PATH} names; see {@link NativeLibraries}.
 */
public enum ComputeDevice {
    /** The processor. */
    CPU(Device.cpu()),
    /** The first NVIDIA GPU. */
    CUDA(Device.gpu()),
    /** The graphics unit of an Apple processor. */
    MPS(Device.of("mps", -1));

    /** The words by which a device can be asked for. */
    public static final List<String> CHOICES = List.of("auto", "cpu", "gpu", "cuda", "mps");

    private final Device device;

    ComputeDevice(Device device) {
        this.device = device;
    }

    Device djl() {
        return device;
    }

    /** {@return its name in lower case, as choices and provenance state it} */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@return the device that a word asks for}
     *
     * @param wanted {@code cpu}, {@code cuda} or {@code mps}; {@code gpu} for either of the latter;
     *     {@code auto} for CUDA if there is any and the processor otherwise
     * @throws IllegalArgumentException if the word is not one of {@link #CHOICES}, or there is no
     *     such device; the message names those that there are
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    public static ComputeDevice of(String wanted) {
        return of(wanted, TorchEngine::canUse, TorchEngine::describeLibrary);
    }

    /** The same for any computer: what it can use, and how a message describes its PyTorch. */
    static ComputeDevice of(
            String wanted, Predicate<ComputeDevice> usable, Supplier<String> library) {
        return switch (wanted) {
            case "cpu" -> CPU;
            // An Apple GPU is not taken unasked: that was never tested.
            case "auto" -> usable.test(CUDA) ? CUDA : CPU;
            case "gpu" -> first(wanted, usable, library, CUDA, MPS);
            case "cuda" -> first(wanted, usable, library, CUDA);
            case "mps" -> first(wanted, usable, library, MPS);
            default ->
                    throw new IllegalArgumentException(
                            "device = '%s' is unknown; the choices are: %s."
                                    .formatted(wanted, String.join(", ", CHOICES)));
        };
    }

    private static ComputeDevice first(
            String wanted,
            Predicate<ComputeDevice> usable,
            Supplier<String> library,
            ComputeDevice... devices) {
        return Stream.of(devices)
                .filter(usable)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        String.format(
                                                "device = '%s': %s finds only %s; give cpu or"
                                                        + " auto, or see Devices in the user"
                                                        + " guide.",
                                                wanted, library.get(), found(usable))));
    }

    private static String found(Predicate<ComputeDevice> usable) {
        return Arrays.stream(values())
                .filter(device -> device == CPU || usable.test(device))
                .map(ComputeDevice::label)
                .collect(Collectors.joining(", "));
    }
}
