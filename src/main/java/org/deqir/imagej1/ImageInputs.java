/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.ImagePlus;
import ij.WindowManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deqir.command.key.MacroOptions;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;

/**
 * The images a command works on.
 *
 * <p>A single image input is the active image, unless the macro names another one. Several image
 * inputs must all be named, by title or by ID.
 */
final class ImageInputs {

    private final Module module;
    private final List<ModuleItem<?>> inputs = new ArrayList<>();

    ImageInputs(Module module) {
        this.module = module;
        for (ModuleItem<?> input : module.getInfo().inputs())
            if (MacroCall.isImage(input)) inputs.add(input);
    }

    /** The input that takes the active image. */
    Optional<ModuleItem<?>> active() {
        return inputs.size() == 1 && inputs.get(0).isAutoFill()
                ? Optional.of(inputs.get(0))
                : Optional.empty();
    }

    /**
     * Sets the images that the options name, and the active image.
     *
     * @throws IllegalArgumentException if there is no such image
     */
    void fill(MacroOptions options) {
        for (ModuleItem<?> input : inputs) {
            final String name = options.get(input.getName());
            if (name != null) set(input, named(name));
        }
        active().filter(input -> !module.isInputResolved(input.getName()))
                .ifPresent(input -> set(input, activeImage(input)));
    }

    private void set(ModuleItem<?> input, ImagePlus image) {
        module.setInput(input.getName(), image);
        module.resolveInput(input.getName());
    }

    private static ImagePlus activeImage(ModuleItem<?> input) {
        final ImagePlus image = WindowManager.getCurrentImage();
        if (image == null && input.isRequired())
            throw new IllegalArgumentException(
                    "There is no image open: open the image to work on first.");
        return image;
    }

    private static ImagePlus named(String name) {
        ImagePlus image = null;
        if (name.matches("-?\\d{1,9}")) image = WindowManager.getImage(Integer.parseInt(name));
        if (image == null) image = WindowManager.getImage(name);
        if (image == null)
            throw new IllegalArgumentException("There is no open image named '" + name + "'.");
        return image;
    }
}
