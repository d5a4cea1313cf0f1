/**
 * Training of priors on one's own images, from the beginning or from an installed model.
 *
 * <p>{@link org.deqir.training.TrainingImages} holds the images and which part of them is held out;
 * {@link org.deqir.training.Training} draws patches, takes steps, measures, and keeps a checkpoint;
 * {@link org.deqir.training.TrainedModel} makes an installed model of the result. Whatever is drawn
 * at random depends on the seed and the number of the step alone, so that a run that was stopped
 * and resumed ends with the same bits as one that was not.
 */
package org.deqir.training;
