// What begins is small: requests are on their way while the rest of the dashboard is read.
import { askEarly } from './api/request'

askEarly()
void import('./dashboard')
