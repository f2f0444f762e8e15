/** A thread that stamps programs: its own way to the files, everything else by message. */
import { Files } from '../../host/files.ts';
import { answerQuestions } from '../../host/threads.ts';
import { Stamper, type StampRequest } from '../../steps/stamp/run.ts';

const stamper = new Stamper(new Files());
answerQuestions((request: StampRequest) => stamper.stamp(request));
