/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import ai.djl.ndarray.types.Shape;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A network written out as TorchScript, and the parameters it expects.
 *
 * <p>The text is a class {@code Net} in the dialect that TorchScript archives hold. Its methods
 * take the parameters as a list of tensors {@code p}, in the order of {@link #parameters()} and in
 * the form that {@code prepare} gives them, so that the program itself holds no weights:
 *
 * <ul>
 *   <li>{@code prepare(w)}: a copy of a float32 weight of a layer on images, in the form the
 *       network computes with;
 *   <li>{@code forward(x, t, rows, columns, p)}: the predicted noise, as large as x. The image is
 *       extended by taking the given rows and columns of it, and the result is cropped again;
 *   <li>{@code pullback(x, t, rows, columns, v, p)}: the same, followed by vᵀ·∂forward/∂x.
 * </ul>
 */
public final class NetworkProgram {

    /** What a parameter acts on, which decides the form it is kept in. */
    public enum Kind {
        /** Images: kept as {@code prepare} returns it, in the precision of the network. */
        IMAGE,
        /** The embedded timestep: kept in float32, for a timestep needs 10 bits. */
        TIMESTEP
    }

    record Parameter(Shape shape, Kind kind) {}

    private static final int CHANNELS_LAST = 2;

    private final String template;
    private final int gradientOrder;
    private final Map<String, Parameter> parameters;

    /**
     * @param template the text, with {@code {CALLS}} where the order of images in memory for calls
     *     without gradients stands, and {@code {REORDERED}} for the dimensions of weights that
     *     gradients want in another order
     * @param gradientOrder PyTorch's number for the order of images for gradients
     */
    NetworkProgram(String template, int gradientOrder, Map<String, Parameter> parameters) {
        this.template = template;
        this.gradientOrder = gradientOrder;
        this.parameters = parameters;
    }

    /**
     * {@return the TorchScript text, in which calls and gradients have images in the same order}
     */
    public String source() {
        return source(gradientOrder);
    }

    /**
     * {@return the text for x86 processors} Calls have the channels of a pixel side by side in
     * memory. With AVX512 and float32 this saves a sixth to a quarter of their time, and would cost
     * gradients as much.
     */
    public String sourceForProcessor() {
        return source(CHANNELS_LAST);
    }

    /** PyTorch's number for the order of images in memory that gradients have. */
    int gradientOrder() {
        return gradientOrder;
    }

    private String source(int order) {
        return template.replace("{CALLS}", "" + order)
                .replace("{REORDERED}", order == gradientOrder ? "-1" : "4");
    }

    /**
     * {@return names and shapes of the parameters, in the order in which the program takes them}
     */
    public Map<String, Shape> parameters() {
        final Map<String, Shape> shapes = new LinkedHashMap<>();
        parameters.forEach((name, parameter) -> shapes.put(name, parameter.shape()));
        return Collections.unmodifiableMap(shapes);
    }

    /** {@return what a parameter acts on, by its name in the state dict} */
    public Kind kind(String parameter) {
        return parameters.get(parameter).kind();
    }
}
